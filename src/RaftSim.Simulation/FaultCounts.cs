using System.Globalization;
using System.Text;

namespace RaftSim.Simulation;

/// <summary>How often each kind of fault happened.</summary>
public sealed class FaultCounts
{
    private static readonly FaultKind[] _kinds = Enum.GetValues<FaultKind>();
    private static readonly string[] _names = [.. _kinds.Select(kind => Kebab(kind.ToString()))];

    private readonly long[] _counts = new long[_kinds.Length];

    /// <summary>Every kind of fault, in the order of their numbers.</summary>
    public static ReadOnlySpan<FaultKind> Kinds => _kinds;

    /// <summary>How often one kind happened.</summary>
    public long this[FaultKind kind] => _counts[(int)kind];

    /// <summary>
    /// The name of a kind on the command line and in summaries. Throws <see cref="ArgumentOutOfRangeException"/> for what is
    /// none.
    /// </summary>
    public static string NameOf(FaultKind kind) => (int)kind < _names.Length
        ? _names[(int)kind]
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind of fault");

    /// <summary>The kind of a name; false when there is none.</summary>
    internal static bool TryFind(string name, out FaultKind found)
    {
        int place = Array.IndexOf(_names, name);
        found = (FaultKind)Math.Max(place, 0);
        return place >= 0;
    }

    /// <summary>What is in other counts, too.</summary>
    public void Add(FaultCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>The kinds that happened, with how often; those of <paramref name="asked"/> that did not, with 0.</summary>
    public string Describe(IReadOnlyList<FaultKind> asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        StringBuilder text = new();
        foreach (FaultKind kind in Kinds)
        {
            if (this[kind] > 0 || asked.Contains(kind))
            {
                text.Append(text.Length > 0 ? " " : "").Append(NameOf(kind)).Append(' ')
                    .Append(this[kind].ToString(CultureInfo.InvariantCulture));
            }
        }

        return text.Length == 0 ? "none" : text.ToString();
    }

    internal void Fired(FaultKind kind) => _counts[(int)kind]++;

    // PowerLoss: power-loss.
    internal static string Kebab(string name)
    {
        StringBuilder text = new();
        foreach (char letter in name)
        {
            text.Append(char.IsUpper(letter) && text.Length > 0 ? "-" : "").Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}

using System.Globalization;

namespace RaftSim.Autopilot;

/// <summary>
/// A version that upgrades are told apart by. Ordered as semantic versions (semver.org, 2.0.0, point 11): numbers first, then a
/// pre-release comes before its release; build metadata does not count. Missing numbers are 0. What is no version comes
/// before every version.
/// </summary>
public sealed class UpgradeVersion
{
    private const int NumbersMax = 8;

    private readonly ulong[] _numbers;
    private readonly string[] _preRelease;

    private UpgradeVersion(string text, ulong[] numbers, string[] preRelease)
    {
        Text = text;
        _numbers = numbers;
        _preRelease = preRelease;
    }

    /// <summary>The version as it was written.</summary>
    public string Text { get; }

    /// <summary>Whether it could be read.</summary>
    public bool IsValid => _numbers.Length > 0;

    /// <summary>Reads a version of up to 8 numbers, such as <c>1.7.5</c>, <c>v1.8.0-beta.1</c>, <c>1.7.5+ent</c>.</summary>
    public static UpgradeVersion Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> rest = text.StartsWith('v') ? text.AsSpan(1) : text;
        int build = rest.IndexOf('+');
        rest = build < 0 ? rest : rest[..build];
        int dash = rest.IndexOf('-');
        string[] preRelease = dash < 0 ? [] : rest[(dash + 1)..].ToString().Split('.');
        string[] parts = (dash < 0 ? rest : rest[..dash]).ToString().Split('.');
        ulong[] numbers = new ulong[parts.Length];
        bool isValid = parts.Length <= NumbersMax && Array.TrueForAll(preRelease, static part => part.Length > 0);
        for (int i = 0; i < parts.Length; i++)
        {
            isValid &= TryReadNumber(parts[i], out numbers[i]);
        }

        return isValid ? new(text, numbers, preRelease) : new(text, [], []);
    }

    /// <summary>
    /// Whether a text may be a server's own upgrade version: <c>X</c>, <c>X.Y</c> or <c>X.Y.Z</c>, nothing else. Source: Nomad's
    /// server block, upgrade_version.
    /// </summary>
    public static bool IsCustom(string text)
    {
        UpgradeVersion version = Parse(text);
        return version._numbers.Length is >= 1 and <= 3 && text.All(static letter => char.IsAsciiDigit(letter) || letter == '.');
    }

    /// <summary>Whether one is older (negative), newer (positive), or both are one version (0), however they are written.</summary>
    public static int Compare(UpgradeVersion left, UpgradeVersion right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.IsValid != right.IsValid)
        {
            return left.IsValid ? 1 : -1;
        }

        for (int i = 0; i < Math.Max(left._numbers.Length, right._numbers.Length); i++)
        {
            int order = left.NumberAt(i).CompareTo(right.NumberAt(i));
            if (order != 0)
            {
                return order;
            }
        }

        return ComparePreRelease(left._preRelease, right._preRelease);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private ulong NumberAt(int position) => position < _numbers.Length ? _numbers[position] : 0;

    private static int ComparePreRelease(string[] left, string[] right)
    {
        if (left.Length == 0 || right.Length == 0)
        {
            return right.Length.CompareTo(left.Length);
        }

        for (int i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            int order = CompareIdentifier(left[i], right[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    // Numbers by value and before texts, texts by their letters.
    private static int CompareIdentifier(string left, string right)
    {
        bool isNumber = TryReadNumber(left, out ulong leftNumber);
        bool isOtherNumber = TryReadNumber(right, out ulong rightNumber);
        if (isNumber && isOtherNumber)
        {
            return leftNumber.CompareTo(rightNumber);
        }

        if (isNumber != isOtherNumber)
        {
            return isNumber ? -1 : 1;
        }

        return string.CompareOrdinal(left, right);
    }

    private static bool TryReadNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

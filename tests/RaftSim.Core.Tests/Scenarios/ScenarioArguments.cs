using System.Globalization;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>
/// The words of one command. What it does not read is refused, so that a slip of the pen cannot pass for a story.
/// Every error is a <see cref="FormatException"/>; file and line are added by the reader of the file.
/// </summary>
internal sealed class ScenarioArguments
{
    private readonly Queue<string> _words = new();
    private readonly SortedDictionary<string, string> _options = new(StringComparer.Ordinal);

    public ScenarioArguments(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Command = words[0];
        foreach (string word in words[1..])
        {
            string[] parts = word.Split('=', 2);
            if (parts.Length == 1)
            {
                _words.Enqueue(word);
            }
            else if (!_options.TryAdd(parts[0], parts[1]))
            {
                throw new FormatException($"{parts[0]} is given twice");
            }
        }
    }

    public string Command { get; }

    /// <summary>The next word; it must be there.</summary>
    public string Word(string what) =>
        _words.TryDequeue(out string? word) ? word : throw new FormatException($"{Command}: {what} is missing");

    /// <summary>All words that are left; at least one.</summary>
    public string[] Words(string what)
    {
        var words = new List<string> { Word(what) };
        while (_words.TryDequeue(out string? word))
        {
            words.Add(word);
        }

        return [.. words];
    }

    /// <summary>The next word, if it is one that can be read so.</summary>
    /// <typeparam name="T">What it is read as.</typeparam>
    public T? Optional<T>(Func<string, T?> read)
        where T : struct
    {
        T? value = _words.TryPeek(out string? word) ? read(word) : null;
        if (value is not null)
        {
            _words.Dequeue();
        }

        return value;
    }

    public int Number(string what) => Number(Word(what), what);

    public int? OptionalNumber(string what) => _words.Count > 0 ? Number(what) : null;

    /// <summary>Numbers with commas between them.</summary>
    public int[] Numbers(string what) => Numbers(Word(what), what);

    public Duration Span(string what)
    {
        string word = Word(what);
        return Duration.TryParse(word, out Duration span, out _) && span > Duration.Zero
            ? span
            : throw new FormatException($"{Command}: {what} is a length of time such as 100ms, not '{word}'");
    }

    /// <summary>The value of name=value, or <see langword="null"/>.</summary>
    public string? Option(string name) => _options.Remove(name, out string? value) ? value : null;

    public int? OptionNumber(string name) => Option(name) is { } value ? Number(value, name) : null;

    public int[]? OptionNumbers(string name) => Option(name) is { } value ? Numbers(value, name) : null;

    /// <summary>Refuses what was not read.</summary>
    public void Done()
    {
        string? left = _words.TryPeek(out string? word) ? word : _options.Keys.FirstOrDefault();
        if (left is not null)
        {
            throw new FormatException($"{Command} does not know what to do with '{left}'");
        }
    }

    /// <summary>A link such as 1->2, where * stands for any server; <see langword="null"/> for other words.</summary>
    public static (ServerId? From, ServerId? To)? Link(string word)
    {
        string[] ends = word.Split("->");
        return ends.Length == 2 && IsEnd(ends[0]) && IsEnd(ends[1]) ? (End(ends[0]), End(ends[1])) : null;
    }

    /// <summary>A kind of message by its name; <see langword="null"/> when the word is none.</summary>
    public static RaftMessageKind? Kind(string word)
    {
        bool isName = !char.IsDigit(word[0]) && word != nameof(RaftMessageKind.None);
        return isName && Enum.TryParse(word, out RaftMessageKind kind) ? kind : null;
    }

    private static bool IsEnd(string end) => end == "*" || (end.Length > 0 && end.All(char.IsAsciiDigit));

    private static ServerId? End(string end) => end == "*" ? null : new ServerId($"s{end}");

    private int[] Numbers(string text, string what) => text.Split(',').Select(t => Number(t, what)).ToArray();

    private int Number(string text, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"{Command}: {what} is a number, not '{text}'");
}

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>The words that stand for the values of an enumeration.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class Words<T>(params (string Word, T Value)[] words)
    where T : struct, Enum
{
    /// <summary>How words are told apart; by default every letter counts.</summary>
    public StringComparison Comparison { get; init; } = StringComparison.Ordinal;

    /// <summary>The value of a word; zero for none.</summary>
    public T Read(Given given)
    {
        string text = given.Text();
        if (text.Length == 0)
        {
            return default;
        }

        if (Find(text) is { } value)
        {
            return value;
        }

        string others = string.Join(", ", words.SkipLast(1).Select(pair => pair.Word));
        throw given.Wrong($"must be {others} or {words[^1].Word}");
    }

    /// <summary>The value of a word; <see langword="null"/> if there is no such word.</summary>
    public T? Find(string text)
    {
        foreach ((string word, T value) in words)
        {
            if (string.Equals(word, text, Comparison))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The word of a value; empty if it has none.</summary>
    public string Of(T value) => words.FirstOrDefault(pair => pair.Value.Equals(value)).Word ?? "";
}

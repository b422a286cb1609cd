namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>The words that stand for the values of an enumeration.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class Words<T>(params (string Word, T Value)[] words)
    where T : struct, Enum
{
    /// <summary>The value of a word; zero for none.</summary>
    public T Read(Given given)
    {
        string text = given.Text();
        if (text.Length == 0)
        {
            return default;
        }

        foreach ((string word, T value) in words)
        {
            if (string.Equals(word, text, StringComparison.Ordinal))
            {
                return value;
            }
        }

        string others = string.Join(", ", words.SkipLast(1).Select(pair => pair.Word));
        throw given.Wrong($"must be {others} or {words[^1].Word}");
    }

    /// <summary>The word of a value; empty if it has none.</summary>
    public string Of(T value) => words.FirstOrDefault(pair => pair.Value.Equals(value)).Word ?? "";
}

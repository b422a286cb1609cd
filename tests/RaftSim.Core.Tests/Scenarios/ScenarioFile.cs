using System.Text;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>
/// A story in a text file: comments, commands, a line of dashes and what the commands are expected to say, up to an
/// empty line. The language is told in docs/SCENARIOS.md.
/// </summary>
internal static class ScenarioFile
{
    public const string Separator = "----";

    /// <summary>
    /// Runs the commands and returns the whole file with what they say now. Throws <see cref="FormatException"/> that
    /// names file and line for a command that is not understood, and when a safety property is broken.
    /// </summary>
    public static string Run(string name, string text)
    {
        var commands = new ScenarioCommands();
        var result = new StringBuilder();
        string[] lines = text.TrimEnd('\n').Split('\n');
        bool isStepOpen = false;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            result.Append(line).Append('\n');
            bool isEmpty = line.Length == 0;
            if (line == Separator)
            {
                Require(isStepOpen, name, i, "there is no command above the dashes");
                isStepOpen = false;
                At(name, i, () => result.AppendJoin('\n', commands.EndStep()).Append('\n'));
                i = SkipExpectation(lines, i);
            }
            else if (isEmpty || line[0] == '#')
            {
                Require(!isEmpty || !isStepOpen, name, i, $"{Separator} is missing below the commands");
            }
            else
            {
                isStepOpen = true;
                At(name, i, () => commands.Execute(line));
            }
        }

        Require(!isStepOpen, name, lines.Length - 1, $"{Separator} is missing below the commands");
        return result.ToString();
    }

    /// <summary>Runs the commands and fails at the first line that is not as it is written in the file.</summary>
    public static void Check(string name, string text)
    {
        string[] expected = text.Split('\n');
        string[] actual = Run(name, text).Split('\n');
        for (int i = 0; i < Math.Max(expected.Length, actual.Length); i++)
        {
            string? wanted = i < expected.Length ? expected[i] : null;
            string? got = i < actual.Length ? actual[i] : null;
            if (wanted != got)
            {
                Assert.Fail($"{name}:{i + 1}: expected '{wanted}', got '{got}'.");
            }
        }
    }

    private static int SkipExpectation(string[] lines, int at)
    {
        while (at + 1 < lines.Length && lines[at + 1].Length > 0)
        {
            at++;
        }

        return at;
    }

    // Whatever goes wrong in a step, broken invariants and failed checks too: the reader must know where.
    private static void At(string name, int line, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e)
        {
            throw new FormatException($"{name}:{line + 1}: {e.Message}", e);
        }
    }

    private static void Require(bool holds, string name, int line, string problem)
    {
        if (!holds)
        {
            throw new FormatException($"{name}:{line + 1}: {problem}");
        }
    }
}

using System.CommandLine;
using System.CommandLine.Invocation;
using RaftSim.Cli.Settings;

namespace RaftSim.Cli.Output;

/// <summary>Help that shows settings under their titles, each with its default.</summary>
internal sealed class GroupedHelp : SynchronousCommandLineAction
{
    private const int Width = 110;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        WriteWrapped(output, command.Description ?? "", 0);
        output.WriteLine();
        output.WriteLine($"Usage: {Path(command)}{(command.Subcommands.Count > 0 ? " COMMAND" : "")} [options]");
        WriteSection(
            output, "Commands",
            command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, sub.Description ?? "")));
        IReadOnlyList<Setting> settings = SettingsOf(command);
        foreach (IGrouping<string, Setting> group in settings.GroupBy(setting => setting.Group, StringComparer.Ordinal))
        {
            WriteSection(output, group.Key, group.Select(Row));
        }

        WriteSection(output, settings.Count > 0 ? "Other" : "Options", OtherOptions(command, settings));
        return 0;
    }

    private static IReadOnlyList<Setting> SettingsOf(Command command) => command.Name switch
    {
        Commands.ClusterCommand.Name => KnownSettings.OfCluster,
        Commands.ServerCommand.Name => KnownSettings.OfServer,
        _ => [],
    };

    private static (string, string) Row(Setting setting) => (
        $"{setting.Option} {(setting.IsFlag ? "[true|false]" : setting.Value)}",
        setting.Description + (setting.Default is null ? "" : $" [default: {setting.Default}]"));

    private static IEnumerable<(string, string)> OtherOptions(Command command, IReadOnlyList<Setting> settings)
    {
        foreach (Option option in command.Options)
        {
            if (!option.Hidden && !settings.Any(setting => string.Equals(setting.Option, option.Name, StringComparison.Ordinal)))
            {
                string value = option.Arity.MinimumNumberOfValues > 0 ? $" {option.HelpName ?? "VALUE"}" : "";
                yield return (option.Name + value, option.Description ?? "");
            }
        }

        if (command is not RootCommand)
        {
            yield return ("--help", "Show help and usage information");
        }
    }

    private static string Path(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{Path(parent)} {command.Name}"
        : "raftsim";

    private static void WriteSection(TextWriter output, string title, IEnumerable<(string Name, string Text)> rows)
    {
        List<(string Name, string Text)> all = [.. rows];
        if (all.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{title}:");
        int indent = Math.Min(all.Max(row => row.Name.Length), 40) + 4;
        foreach ((string name, string text) in all)
        {
            output.Write($"  {name}".PadRight(indent));
            WriteWrapped(output, text, indent);
        }
    }

    // A default stays in one piece.
    private static IEnumerable<string> Words(string text)
    {
        int bracket = text.IndexOf("[default: ", StringComparison.Ordinal);
        string[] words = text[..(bracket < 0 ? text.Length : bracket)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return bracket < 0 ? words : words.Append(text[bracket..]);
    }

    // The first line stands where the cursor is; the others are moved in.
    private static void WriteWrapped(TextWriter output, string text, int indent)
    {
        foreach (string paragraph in text.Split('\n'))
        {
            int column = indent;
            foreach (string word in Words(paragraph))
            {
                bool isFirst = column == indent;
                if (!isFirst && column + 1 + word.Length > Width)
                {
                    output.WriteLine();
                    output.Write(new string(' ', indent));
                    column = indent;
                    isFirst = true;
                }

                output.Write(isFirst ? word : " " + word);
                column += word.Length + (isFirst ? 0 : 1);
            }

            output.WriteLine();
        }
    }
}

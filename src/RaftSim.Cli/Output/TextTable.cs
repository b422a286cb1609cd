using Spectre.Console;

namespace RaftSim.Cli.Output;

/// <summary>A table with titles.</summary>
internal static class TextTable
{
    /// <summary>Prints a table for people, or plain columns for everything else.</summary>
    public static void Print(Terminal terminal, string[] titles, IReadOnlyList<string[]> rows)
    {
        if (terminal.Display is { } display)
        {
            Table table = new Table().Border(TableBorder.Rounded).AddColumns(titles);
            foreach (string[] row in rows)
            {
                table.AddRow([.. row.Select(Markup.Escape)]);
            }

            display.Write(table);
            return;
        }

        Columns.Print(terminal.Out, "", [titles, .. rows]);
    }
}

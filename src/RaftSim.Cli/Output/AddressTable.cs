using Spectre.Console;

namespace RaftSim.Cli.Output;

/// <summary>Where one server is found.</summary>
internal sealed record AddressRow(string Name, string Http, string Raft, string Data);

/// <summary>Prints where servers are found.</summary>
internal static class AddressTable
{
    private static readonly string[] _titles = ["Server", "HTTP", "Raft", "Data"];

    /// <summary>Prints a table for people, or plain columns for everything else.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<AddressRow> rows)
    {
        if (terminal.Display is { } display)
        {
            Table table = new Table().Border(TableBorder.Rounded).AddColumns(_titles);
            foreach (AddressRow row in rows)
            {
                table.AddRow([.. Cells(row).Select(Markup.Escape)]);
            }

            display.Write(table);
            return;
        }

        string[][] lines = [_titles, .. rows.Select(Cells)];
        int[] widths = [.. Enumerable.Range(0, _titles.Length).Select(column => lines.Max(line => line[column].Length))];
        foreach (string[] line in lines)
        {
            terminal.Out.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    private static string[] Cells(AddressRow row) => [row.Name, row.Http, row.Raft, row.Data];
}

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

        Columns.Print(terminal.Out, "", [_titles, .. rows.Select(Cells)]);
    }

    private static string[] Cells(AddressRow row) => [row.Name, row.Http, row.Raft, row.Data];
}

namespace RaftSim.Cli.Output;

/// <summary>Where one server is found.</summary>
internal sealed record AddressRow(string Name, string Http, string Raft, string Data);

/// <summary>Prints where servers are found.</summary>
internal static class AddressTable
{
    private static readonly string[] _titles = ["Server", "HTTP", "Raft", "Data"];

    /// <summary>Prints a table for people, or plain columns for everything else.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<AddressRow> rows) =>
        TextTable.Print(terminal, _titles, [.. rows.Select(row => new[] { row.Name, row.Http, row.Raft, row.Data })]);
}

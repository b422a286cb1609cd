namespace RaftSim.Cli.Output;

/// <summary>Plain columns.</summary>
internal static class Columns
{
    /// <summary>Prints rows of as many cells each, every column as wide as its widest cell.</summary>
    public static void Print(TextWriter output, string indent, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => cell.PadRight(widths[column]));
            output.WriteLine((indent + string.Join("  ", cells)).TrimEnd());
        }
    }
}

namespace RaftSim.Cli.Output;

/// <summary>Why the autopilot does what it does, for people: when, each server, then what was told.</summary>
internal static class ExplanationText
{
    private static readonly string[] _titles = ["Server", "State", "Health", "For", "Why", "What comes"];

    /// <summary>Prints it. Ages are by the leader's clock.</summary>
    public static void Print(ExplanationView view, Terminal terminal)
    {
        TextWriter output = terminal.Out;
        output.WriteLine(view.StateTime is { } state ? $"Last state: {Span(state, view.Time)} ago." : "Last state: none yet.");
        if (view.NextRound is { } round)
        {
            output.WriteLine($"Next round of actions: in {Span(view.Time, round)}.");
        }

        if (view.Problem.Length > 0)
        {
            output.WriteLine($"Problem: {view.Problem}.");
        }

        output.WriteLine();
        TextTable.Print(terminal, _titles, [.. view.Servers.Select(server => Row(server, view.Time))]);
        output.WriteLine();
        if (view.Events.Count == 0)
        {
            output.WriteLine("No events.");
            return;
        }

        Columns.Print(output, "", [.. view.Events.Select(told => new[]
        {
            $"{Span(told.Time, view.Time)} ago", told.Kind, told.Text,
        })]);
    }

    private static string[] Row(ServerView server, DateTimeOffset now) =>
    [
        server.Name.Length > 0 ? server.Name : server.ID,
        server.State,
        server.Healthy ? "healthy" : "unhealthy",
        server.StableSince is { } since ? Span(since, now) : "",
        server.HealthReason,
        server.Outlook,
    ];

    // In whole seconds; what should be over is.
    private static string Span(DateTimeOffset from, DateTimeOffset to) =>
        Duration.Seconds(Math.Max(0, (to - from).Ticks / TimeSpan.TicksPerSecond)).ToString();
}

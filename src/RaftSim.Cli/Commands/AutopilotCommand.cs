using System.CommandLine;
using RaftSim.Cli.Commands.Evaluation;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim autopilot</c>: what autopilot would do, without a cluster.</summary>
internal static class AutopilotCommand
{
    private static readonly Option<string?> _table = new("--table")
    {
        Description = $"What is asked: {string.Join("; ", EvaluationTable.All.Select(table => $"{table.Name} ({table.What})"))}.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> _input = new("--input")
    {
        Description = "A file of inputs instead of the standard input.",
        HelpName = "FILE",
    };

    /// <summary>Makes it.</summary>
    public static Command Create(Terminal terminal) => new("autopilot", "Asks what autopilot would do, without a cluster.")
    {
        Evaluate(terminal),
    };

    private static Command Evaluate(Terminal terminal)
    {
        const string Description = "Answers questions to autopilot: reads one JSON object a line, writes one JSON object a line. "
            + "A line that is wrong is answered by {\"error\":...}, and makes the command end with 1. "
            + "What goes in and comes out: docs/AUTOPILOT.md.\n\n"
            + "Example:\n"
            + "echo '{\"voters\":5,\"healthy_voters\":4}' | raftsim autopilot evaluate --table failure-tolerance\n"
            + "{\"failure_tolerance\":1,\"quorum\":3}";
        Command command = new("evaluate", Description) { _table, _input };
        command.SetAction((parsed, _) =>
            EvaluationRun.RunAsync(parsed.GetValue(_table), parsed.GetValue(_input), terminal));
        return command;
    }
}

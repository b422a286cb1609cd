using System.CommandLine;
using System.Text.Json;
using RaftSim.Cli.Output;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim operator</c>: asks a running cluster by its HTTP API.</summary>
internal static class OperatorCommand
{
    private static readonly Option<string?> _address = new("--address")
    {
        Description = $"The HTTP address of any server. Without it {OperatorClient.Variable} counts. "
            + $"[default: {OperatorClient.DefaultAddress}]",
        HelpName = "URL",
    };

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Prints the server's answer, one JSON object.",
        Arity = ArgumentArity.Zero,
    };

    /// <summary>Makes it.</summary>
    public static Command Create(Terminal terminal) => new("operator", "Asks a running cluster.")
    {
        new Command("autopilot", "What concerns the autopilot.") { Explain(terminal) },
    };

    private static Command Explain(Terminal terminal)
    {
        Command command = new("explain", "Says how the autopilot sees every server and why, what it is to do next or does not "
            + "do, and what it has done so far. Any server passes the question on to the leader.") { _address, _json };
        command.SetAction((parsed, cancellation) => ExplainAsync(
            parsed.GetValue(_address), parsed.GetValue(_json), terminal, cancellation));
        return command;
    }

    private static async Task<int> ExplainAsync(
        string? address, bool asJson, Terminal terminal, CancellationToken cancellation)
    {
        using OperatorClient client = OperatorClient.Of(address, terminal);
        string answer = await client.GetAsync("/v1/operator/autopilot/explain", cancellation);
        if (asJson)
        {
            terminal.Out.WriteLine(answer);
            return 0;
        }

        try
        {
            ExplanationText.Print(ExplanationView.Parse(answer), terminal);
            return 0;
        }
        catch (JsonException e)
        {
            throw new UsageException($"{client.Address} gives another answer than servers of this program: {e.Message}", e);
        }
    }
}

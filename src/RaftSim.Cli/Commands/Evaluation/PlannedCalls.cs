using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>
/// A plan as the calls that raft-autopilot makes. Some may be said to fail: under <c>fails_with</c> stands the error of every
/// Raft change, or a list of calls (<c>op</c>, <c>id</c> and their <c>fails_with</c>; what is left out fits all).
/// </summary>
internal static class PlannedCalls
{
    private const string AskMembership = "RemoveFailedServer";

    /// <summary>Writes the calls up to the first that ends the round; its error, or empty.</summary>
    public static string Write(
        Utf8JsonWriter json, ReconcilePlan plan, AutopilotState? state, Given failures, string name = "calls")
    {
        json.WriteStartArray(name);
        string ended = "";
        foreach (AutopilotAction action in plan.Actions.TakeWhile(_ => ended.Length == 0))
        {
            string op = Op(action.Kind);
            string id = action.Server.ToString();
            json.WriteStartObject();
            json.WriteString("op", op);
            json.WriteString("id", id);
            if (op is "AddVoter" or "LeadershipTransferToServer")
            {
                json.WriteString("address", state!.Find(action.Server)!.Server.Address.ToString());
            }
            else if (op is AskMembership)
            {
                json.WriteString("name", action.Name);
            }

            string failure = Failure(failures, op, id);
            if (failure.Length > 0)
            {
                json.WriteString("fails_with", failure);
            }

            json.WriteEndObject();

            // Membership carries out in the background what it is asked for: its failure stops nobody.
            ended = op is AskMembership ? "" : failure;
        }

        json.WriteEndArray();
        return ended;
    }

    private static string Op(AutopilotActionKind kind) => kind switch
    {
        AutopilotActionKind.Promote => "AddVoter",
        AutopilotActionKind.Demote => "DemoteVoter",
        AutopilotActionKind.RemoveStale => "RemoveServer",
        AutopilotActionKind.RemoveFailed => AskMembership,
        _ => "LeadershipTransferToServer",
    };

    private static string Failure(Given failures, string op, string id)
    {
        if (failures.IsText)
        {
            return op is AskMembership ? "" : failures.Text();
        }

        foreach (Given call in failures.Items())
        {
            string error = call["fails_with"].Text();
            if (call["op"].Text() is var ofOp && (ofOp.Length == 0 || string.Equals(ofOp, op, StringComparison.Ordinal))
                && call["id"].Text() is var ofId && (ofId.Length == 0 || string.Equals(ofId, id, StringComparison.Ordinal)))
            {
                return error;
            }
        }

        return "";
    }
}

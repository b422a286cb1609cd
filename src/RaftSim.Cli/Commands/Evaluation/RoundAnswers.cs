using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>What a round does: the calls of a plan, carried out in order until one fails.</summary>
internal static class RoundAnswers
{
    /// <summary>Promotions, demotions and leadership, as a policy with fixed wishes wants them.</summary>
    public static string Reconcile(Given input, Utf8JsonWriter json)
    {
        AutopilotState? state = GivenServers.State(input["state"]);
        Given changes = input["changes"];
        Wishes wishes = new(new(
            GivenServers.Ids(changes["Promotions"]),
            GivenServers.Ids(changes["Demotions"]),
            new(changes["Leader"].Text())));
        AutopilotInputs inputs = GivenConfig.Inputs(GivenConfig.Of(input), input);
        ReconcilePlan plan = AutopilotEngine.Reconcile(inputs, state, wishes);

        json.WriteStartObject();
        string failure = PlannedCalls.Write(json, plan, state, input["fails_with"]);
        if (failure.Length == 0 && plan.Error.Length > 0)
        {
            // The table says only that there is an error: its text is nobody's contract.
            json.WriteString("error", "non-nil");
            json.WriteEndObject();
            return plan.Error;
        }

        WriteError(json, failure);
        json.WriteEndObject();
        return "";
    }

    /// <summary>Removals. What is dead is listed only if anything may be removed at all.</summary>
    public static string PruneDeadServers(Given input, Utf8JsonWriter json)
    {
        AutopilotConfig config = GivenConfig.Of(input);
        AutopilotInputs inputs = GivenConfig.Inputs(
            config with
            {
                CleanupDeadServers = input["cleanup_dead_servers"].Flag(config.CleanupDeadServers),
                MinQuorum = input["min_quorum"].Count(config.MinQuorum),
            },
            input);
        bool isOn = inputs.ReconciliationEnabled && inputs.Config!.CleanupDeadServers;
        string unread = isOn ? input["raft_configuration_error"].Text() : "";
        inputs = inputs with
        {
            RaftServers = GivenServers.OfRaft(input["raft_servers"]),
            KnownServers = GivenServers.Known(input["known_servers"]),
        };

        json.WriteStartObject();
        if (isOn && unread.Length == 0)
        {
            WriteDead(json, AutopilotEngine.ClassifyDead(inputs.RaftServers, inputs.KnownServers));
        }

        ReconcilePlan plan = unread.Length == 0
            ? AutopilotEngine.PruneDeadServers(inputs, null, new StablePromoter())
            : ReconcilePlan.Empty;
        string failure = PlannedCalls.Write(json, plan, null, input["fails_with"]) is { Length: > 0 } failed ? failed : unread;
        if (!isOn || failure.Length > 0)
        {
            WriteError(json, failure);
        }

        json.WriteEndObject();
        return "";
    }

    private static void WriteDead(Utf8JsonWriter json, DeadServers dead)
    {
        json.WriteStartObject("categories");
        json.WriteIds("StaleNonVoters", dead.StaleNonVoters);
        json.WriteIds("StaleVoters", dead.StaleVoters);
        json.WriteIds("FailedNonVoters", dead.FailedNonVoters);
        json.WriteIds("FailedVoters", dead.FailedVoters);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, string error)
    {
        if (error.Length > 0)
        {
            json.WriteString("error", error);
        }
        else
        {
            json.WriteNull("error");
        }
    }

    private sealed class Wishes(PromoterChanges changes) : IPromoter
    {
        public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state) => changes;

        public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server) => NodeType.Voter;
    }
}

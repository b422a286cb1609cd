using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>What the policy of the community editions wants.</summary>
internal static class PromotionAnswers
{
    private static readonly StablePromoter _policy = new();

    /// <summary>Who is promoted; of servers of which nothing is said, what kind they are.</summary>
    public static string StablePromoter(Given input, Utf8JsonWriter json)
    {
        IReadOnlyList<(string Name, Given Value)> given = input["servers"].Members();
        AutopilotState state = new()
        {
            FirstStateTime = FromNow(input["first_state_offset_ns"]),
            Servers =
            [
                .. given.OrderBy(member => new ServerId(member.Name)).Select(member => new AutopilotServerState
                {
                    Server = new() { Id = new(member.Name) },
                    State = GivenServers.States.Read(member.Value["state"]),
                    Health = new(member.Value["healthy"].Flag(), FromNow(member.Value["stable_since_offset_ns"])),
                }),
            ],
        };
        AutopilotConfig config = GivenConfig.Of(input);
        config = config with
        {
            ServerStabilizationTime = input["stabilization_ns"].Length(config.ServerStabilizationTime),
        };
        AutopilotInputs inputs = GivenConfig.Inputs(config, input) with { FirstStateTime = state.FirstStateTime };

        json.WriteStartObject();
        if (given.Count > 0 && given.All(member => member.Value.Members().Count == 0))
        {
            PolicyAnswers.WriteTypes(json, state.Servers.Select(server => server.Server with
            {
                NodeType = _policy.Classify(inputs, server),
            }));
        }
        else
        {
            PromoterChanges changes = _policy.Decide(inputs, state);
            json.WriteIds("promotions", changes.Promotions);
            json.WriteIds("demotions", changes.Demotions);
            json.WriteString("leader", changes.Leader.ToString());
        }

        json.WriteEndObject();
        return "";
    }

    // Now is 0: an offset is a moment. Nothing is Go's zero time, long before every other.
    private static WallTime FromNow(Given offset) => offset.IsMissing ? WallTime.None : new(offset.Length().Nanos);
}

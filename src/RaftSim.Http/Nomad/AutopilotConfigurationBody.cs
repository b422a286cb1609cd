using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Http.Nomad;

/// <summary>
/// The body of <c>GET …/autopilot/configuration</c>. Source: Nomad HTTP API, "Read Autopilot Configuration".
/// </summary>
internal static class AutopilotConfigurationBody
{
    /// <summary>Durations as text first, then the rest as declared; one line, even when pretty.</summary>
    public static byte[] Encode(AutopilotConfigReply reply, bool pretty) => NomadJson.Reply(pretty, outer =>
        outer.Pasted(NomadJson.Compact(json =>
        {
            AutopilotConfig config = reply.Config;
            json.BeginObject();
            json.Text("LastContactThreshold", config.LastContactThreshold.ToString());
            json.Text("ServerStabilizationTime", config.ServerStabilizationTime.ToString());
            json.Bool("CleanupDeadServers", config.CleanupDeadServers);
            json.Number("MaxTrailingLogs", config.MaxTrailingLogs);
            json.Number("MinQuorum", config.MinQuorum);
            json.Bool("EnableRedundancyZones", config.EnableRedundancyZones);
            json.Bool("DisableUpgradeMigration", config.DisableUpgradeMigration);
            json.Bool("EnableCustomUpgrades", config.EnableCustomUpgrades);
            json.Number("CreateIndex", reply.CreateIndex.Value);
            json.Number("ModifyIndex", reply.ModifyIndex.Value);
            json.EndObject();
        })));
}

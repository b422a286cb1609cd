using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Cli.Output;

/// <summary>What an entry of a log says, in a few words.</summary>
internal static class EntryGist
{
    /// <summary>The gist of an entry that can be read.</summary>
    public static string Of(in LogEntry entry) => entry.Kind switch
    {
        EntryKind.Configuration => Of(WireCodec.Configurations.Decode(entry.Payload)),
        EntryKind.Command => Of(WireCodec.DecodeCommand(entry.Payload)),
        _ => "",
    };

    /// <summary>The name of a suffrage.</summary>
    public static string Of(Suffrage suffrage) => suffrage == Suffrage.Voter ? "voter" : "non-voter";

    /// <summary>The settings under the names that the API has for them, in its order.</summary>
    public static IReadOnlyList<(string Name, string Value, bool IsText)> Of(AutopilotConfig config) =>
    [
        (nameof(config.CleanupDeadServers), Flag(config.CleanupDeadServers), false),
        (nameof(config.LastContactThreshold), config.LastContactThreshold.ToString(), true),
        (nameof(config.MaxTrailingLogs), Number(config.MaxTrailingLogs), false),
        (nameof(config.MinQuorum), Number(config.MinQuorum), false),
        (nameof(config.ServerStabilizationTime), config.ServerStabilizationTime.ToString(), true),
        (nameof(config.EnableRedundancyZones), Flag(config.EnableRedundancyZones), false),
        (nameof(config.DisableUpgradeMigration), Flag(config.DisableUpgradeMigration), false),
        (nameof(config.EnableCustomUpgrades), Flag(config.EnableCustomUpgrades), false),
    ];

    private static string Of(Configuration configuration) => string.Join(
        ", ", configuration.Servers.ToArray().Select(server => $"{server.Address} {Of(server.Suffrage)}"));

    private static string Of(ClusterCommand command)
    {
        string what = command switch
        {
            UserCommand user => $"user's command of {Number((ulong)user.Payload.Length)} bytes",
            SessionCommand session => Of(session.Use, session.Payload.Length),
            InitializeAutopilotCommand initialize => $"autopilot's first settings: {Line(initialize.Config)}",
            SetAutopilotCommand { Cas: { } cas } set =>
                $"autopilot's settings if ModifyIndex is {Number(cas)}: {Line(set.Config)}",
            SetAutopilotCommand set => $"autopilot's settings: {Line(set.Config)}",
            _ => command.GetType().Name,
        };
        return $"{what}; by {command.Id.Origin} at {TextOf(command.Time)}";
    }

    private static string Of(SessionUse use, int bytes) => use.Verb switch
    {
        SessionVerb.Open => $"opens a session for {use.Lifetime}",
        SessionVerb.Propose => $"user's command of {Number((ulong)bytes)} bytes, number {Number(use.Target.Number)} of session "
            + $"{use.Target.Session}",
        SessionVerb.Keep => $"keeps session {use.Target.Session}",
        _ => $"closes session {use.Target.Session}",
    };

    private static string Line(AutopilotConfig config) =>
        string.Join(' ', Of(config).Select(setting => $"{setting.Name}={setting.Value}"));

    private static string TextOf(WallTime time) => time.IsNone
        ? "no time"
        : DateTimeOffset.UnixEpoch.AddTicks(time.UnixNanos / TimeSpan.NanosecondsPerTick)
            .ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Flag(bool value) => value ? "true" : "false";

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}

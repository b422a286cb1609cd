using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Tests.Worlds;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>Stories about who leads and who belongs, about sessions and settings.</summary>
internal static class ClusterScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("the leader stops and another is elected", 3, LeaderStops),
        new("leaders are cut off one after the other", 3, LeadersAreCutOff),
        new("servers of five ask for votes of one term", 5, Contention),
        new("leadership is handed over", 3, Transfer),
        new("a server with an empty disk joins and is promoted", 3, Wipe),
        new("a server with a given id comes back with an empty disk", 3, Wipe)
        {
            Change = options => options with { Id = new ServerId(options.Name) },
        },
        new("a follower is removed and let in again", 3, stage => Remove(stage, stage.Follower())),
        new("the leader is removed and let in again", 3, stage => Remove(stage, stage.Leader())),
        new("a dead server is pruned and comes back", 5, Prune)
        {
            Change = options => options with { FailureTimeout = Duration.Seconds(1) },
        },
        new("the autopilot is configured", 3, Configure),
        new("a session is opened, used and closed", 3, Session),
        new("a session expires", 3, Expire),
    ];

    private static void LeaderStops(Stage stage)
    {
        int old = stage.Leader();
        stage.World.Crash(old, SimDiskCrash.LoseAll);
        stage.LeaderOtherThan(old);
        stage.Write();
        stage.World.Restart(old);
        stage.AwaitCaughtUp(old);
    }

    private static void LeadersAreCutOff(Stage stage)
    {
        for (int i = 0; i < 2; i++)
        {
            int old = stage.Leader();
            stage.World.Isolate(old);
            stage.LeaderOtherThan(old);
            stage.World.Heal();
        }

        stage.Write();
    }

    // Those who are left hear nobody at first, and all have reason to ask at once.
    private static void Contention(Stage stage)
    {
        int old = stage.Leader();
        stage.World.Network.Options = LinkOptions.Calm with { DelayMin = Duration.Milliseconds(300) };
        stage.World.Crash(old);
        stage.LeaderOtherThan(old);
        stage.World.Network.Options = LinkOptions.Calm;
        stage.World.Restart(old);
        stage.Write();
    }

    private static void Transfer(Stage stage)
    {
        int old = stage.Leader();
        string target = $"s{stage.World.Next(old)}:4647";
        stage.Until(
            () => stage.World.Leader is int leader && leader != old,
            () => new TransferLeadershipRequest(null, target),
            "another leader");
        stage.Write();
    }

    private static void Wipe(Stage stage)
    {
        int wiped = stage.Follower();
        DiskId former = stage.World.DiskOf(wiped);
        stage.World.Wipe(wiped);
        stage.World.Restart(wiped);
        stage.Await(
            () => stage.World.DiskOf(wiped) is { IsNone: false } disk && disk != former
                && stage.World.Standing(wiped) == Suffrage.Voter,
            "the new disk votes");
    }

    private static void Remove(Stage stage, int removed)
    {
        ServerId id = stage.World.Status(removed).Self;
        bool isGone = false;
        stage.Until(
            () => isGone |= stage.World.Leader is not null && stage.World.Standing(removed) is null,
            () => new RemoveServerRequest(id.Value, null),
            "it is removed");
        stage.Await(() => stage.World.Standing(removed) == Suffrage.Voter, "it is back and votes");
    }

    private static void Prune(Stage stage)
    {
        int dead = stage.Follower();
        stage.World.Crash(dead);
        stage.Await(() => stage.World.Members() == 4, "the dead server is pruned");
        stage.World.Restart(dead);
        stage.Await(() => stage.World.Standing(dead) == Suffrage.Voter, "it is back and votes");
    }

    private static void Configure(Stage stage)
    {
        AutopilotConfig config = AutopilotConfig.Default with
        {
            LastContactThreshold = Duration.Seconds(1),
            ServerStabilizationTime = Duration.Seconds(1),
            MinQuorum = 3,
        };
        stage.Ask<SetAutopilotConfigReply>(new SetAutopilotConfigRequest(config, null));
        AutopilotConfigReply read = stage.Ask<AutopilotConfigReply>(new GetAutopilotConfigRequest(false));
        Assert.Equal(config, read.Config);
        stage.Ask<SetAutopilotConfigReply>(
            new SetAutopilotConfigRequest(config with { MinQuorum = 0 }, read.ModifyIndex.Value));
        Assert.Equal(0UL, stage.Ask<AutopilotConfigReply>(new GetAutopilotConfigRequest(false)).Config.MinQuorum);
    }

    private static void Session(Stage stage)
    {
        LogIndex session = stage.Ask<SessionReply>(new OpenSessionRequest(Duration.Seconds(60))).Session;
        ProposeRequest command = new(new byte[] { 1 }) { Session = new SessionNumber(session, 1, 1) };
        CommandReply first = stage.Ask<CommandReply>(command);
        CommandReply again = stage.Ask<CommandReply>(command);
        Assert.Equal(first.Index, again.Index);
        Assert.Equal(first.Result.ToArray(), again.Result.ToArray());
        stage.Ask<DoneReply>(new CloseSessionRequest(session));
    }

    private static void Expire(Stage stage)
    {
        LogIndex session = stage.Ask<SessionReply>(new OpenSessionRequest(Duration.Seconds(1))).Session;
        ProposeRequest late = new(new byte[] { 1 }) { Session = new SessionNumber(session, 1, 1) };
        ServerReply reply;
        do
        {
            // The time of the cluster may have stood still meanwhile, and whoever asks uses the session.
            stage.World.RunFor(Duration.Seconds(3));
            stage.Write();
            reply = stage.Ask<ServerReply>(
                late, found => found is CommandReply or ErrorReply { Kind: ServerErrorKind.SessionGone });
        }
        while (reply is CommandReply && stage.World.Now < Script.Patience);
        Assert.IsType<ErrorReply>(reply);
    }
}

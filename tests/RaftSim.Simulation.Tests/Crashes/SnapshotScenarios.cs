using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>Stories about snapshots: they are taken, replaced, fetched and read.</summary>
internal static class SnapshotScenarios
{
    private static readonly Func<ServerOptions, ServerOptions> _small = options => options with
    {
        SegmentBytes = 4 << 10,
        SnapshotEntries = 8,
        TrailingEntries = 1,
        SnapshotChunkBytes = 512,
    };

    public static IEnumerable<Scenario> All =>
    [
        new("a snapshot is taken and the log let go", 3, stage => Take(stage, 6)) { Change = _small },
        new("a snapshot takes the place of another", 3, stage => Take(stage, 8))
        {
            Change = _small,
            Before = stage => Take(stage, 12),
        },
        new("segments go when a snapshot has what is in them", 1, stage => stage.Batch(10, 900)) { Change = _small },
        new("a snapshot is fetched by a server that lags", 3, Fetch) { Change = _small },
        new("a snapshot is fetched over a tail that contradicts it", 3, stage => FetchOverTail(stage, 4)) { Change = _small },
        new("a snapshot is fetched into the middle of a tail that contradicts it", 3, stage => FetchOverTail(stage, 60))
        {
            Change = _small,
        },
        new("a snapshot is fetched while one's own is being written", 3, FetchWhileTaking) { Change = _small },
        new("a server restarts with a snapshot and a log", 3, Restart)
        {
            Change = _small,
            Before = stage => Take(stage, 12),
        },
        new("all servers restart with snapshots", 3, RestartAll)
        {
            Change = _small,
            Before = stage => Take(stage, 12),
        },
        new("a vote outlives the segment in which it was given", 3, VoteAndCompaction) { Change = _small },
    ];

    private static void Take(Stage stage, int commands)
    {
        stage.Leader();
        LogIndex from = stage.World.Committed;
        stage.Batch(commands);
        stage.AwaitSnapshots(from.Next);
    }

    private static void Fetch(Stage stage)
    {
        int follower = stage.Follower();
        LogIndex last = stage.World.Status(follower).LastIndex;
        stage.World.Isolate(follower);
        stage.Batch(12);
        AwaitCompaction(stage, follower, last);
        stage.World.Heal();
        stage.AwaitCaughtUp(follower);
    }

    private static void FetchOverTail(Stage stage, int tail)
    {
        int old = stage.Leader();
        LogIndex last = stage.World.Status(old).LastIndex;
        stage.World.Isolate(old);
        stage.Begin(old, tail);
        stage.LeaderOtherThan(old);
        stage.Batch(12);
        AwaitCompaction(stage, old, last);
        stage.World.Heal();
        stage.AwaitCaughtUp(old);
    }

    private static void FetchWhileTaking(Stage stage)
    {
        int follower = stage.Follower();
        stage.Batch(4);
        stage.AwaitCaughtUp(follower);
        stage.World.SlowDisk(follower, 200);
        stage.World.RunFor(Duration.Milliseconds(5));
        LogIndex last = stage.World.Status(follower).LastIndex;
        stage.World.Isolate(follower);
        stage.Batch(12);
        AwaitCompaction(stage, follower, last);
        stage.World.Heal();
        stage.World.SlowDisk(follower, 20);
        stage.AwaitCaughtUp(follower);
        stage.World.SlowDisk(follower, 1);
    }

    private static void Restart(Stage stage)
    {
        int server = stage.Follower();
        stage.Write(2);
        stage.World.Crash(server);
        stage.World.Restart(server);
        stage.AwaitCaughtUp(server);
    }

    private static void RestartAll(Stage stage)
    {
        for (int server = 0; server < stage.World.ServerCount; server++)
        {
            stage.World.Crash(server);
        }

        for (int server = 0; server < stage.World.ServerCount; server++)
        {
            stage.World.Restart(server);
        }

        stage.Write();
    }

    // The vote of the second election lies in a segment that the snapshot lets go.
    private static void VoteAndCompaction(Stage stage)
    {
        int first = stage.Leader();
        stage.World.Isolate(first);
        stage.LeaderOtherThan(first);
        stage.World.Heal();
        stage.Batch(10, 900);
        stage.AwaitSnapshots(new LogIndex(1));
        int second = stage.Leader();
        stage.World.Isolate(second);
        stage.LeaderOtherThan(second);
        stage.World.Heal();
        stage.Write();
    }

    // Who crashes with a new snapshot and its log keeps the log until the next snapshot: there must be one.
    private static void AwaitCompaction(Stage stage, int without, LogIndex through) => stage.Until(
        () => Enumerable.Range(0, stage.World.ServerCount)
            .All(server => server == without || stage.World.Status(server).LogStart.Index > through),
        () => new ProposeRequest(new byte[] { 1 }),
        "the others have let their logs go");
}

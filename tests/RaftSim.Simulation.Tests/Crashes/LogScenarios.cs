using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>Stories about the log: it grows, is cut off, is read again.</summary>
internal static class LogScenarios
{
    private static readonly Func<ServerOptions, ServerOptions> _shortSegments =
        options => options with { SegmentBytes = 4 << 10 };

    public static IEnumerable<Scenario> All =>
    [
        new("a cluster of one forms and commits", 1, stage => stage.Write()) { Before = _ => { } },
        new("a cluster of two forms and commits", 2, stage => stage.Write()) { Before = _ => { } },
        new("a cluster of three forms and commits", 3, stage => stage.Write()) { Before = _ => { } },
        new("commands one after the other", 3, stage => stage.Write(3)),
        new("commands at once, longer than a sector", 3, stage => stage.Batch(6, 700)),
        new("a segment is full, and the next, and the next", 3, stage => stage.Batch(10, 900)) { Change = _shortSegments },
        new("a follower catches up", 3, CatchUp),
        new("a follower catches up over several segments", 3, CatchUpFar) { Change = _shortSegments },
        new("a tail that was never committed is cut off", 3, stage => Conflict(stage, 3, 16)),
        new("a tail over several segments is cut off", 3, stage => Conflict(stage, 8, 900)) { Change = _shortSegments },
        new("a server restarts, and restarts again while it reads its log", 3, RestartTwice),
        new("a server restarts with several segments", 3, RestartOnce)
        {
            Change = _shortSegments,
            Before = stage => stage.Batch(10, 900),
        },
        new("a torn end of the log is written over", 3, Tear),
        new("the power fails for all servers, with commands under way", 3, PowerFailure),
        new("a disk is full for a while", 3, FullDisk) { Change = _shortSegments },
    ];

    private static void CatchUp(Stage stage)
    {
        int follower = stage.Follower();
        stage.World.Isolate(follower);
        stage.Write(4);
        stage.World.Heal();
        stage.AwaitCaughtUp(follower);
    }

    private static void CatchUpFar(Stage stage)
    {
        int follower = stage.Follower();
        stage.World.Isolate(follower);
        stage.Batch(10, 900);
        stage.World.Heal();
        stage.AwaitCaughtUp(follower);
    }

    private static void Conflict(Stage stage, int count, int bytes)
    {
        int old = stage.Leader();
        stage.World.Isolate(old);
        stage.Begin(old, count, bytes);
        stage.LeaderOtherThan(old);
        stage.Write(2);
        stage.World.Heal();
        stage.AwaitCaughtUp(old);
    }

    private static void RestartOnce(Stage stage)
    {
        int server = stage.Follower();
        stage.World.Crash(server, SimDiskCrash.LoseAll);
        stage.World.Restart(server);
        stage.AwaitCaughtUp(server);
        stage.Write();
    }

    private static void RestartTwice(Stage stage)
    {
        int server = stage.Follower();
        stage.Write(2);
        stage.World.Crash(server, SimDiskCrash.PointInTime);
        stage.World.Restart(server);
        stage.World.RunFor(Duration.Microseconds(300));
        stage.World.Crash(server, SimDiskCrash.Each);
        stage.World.Restart(server);
        stage.AwaitCaughtUp(server);
    }

    private static void Tear(Stage stage)
    {
        int server = stage.Leader();
        stage.Begin(server, 3, 900);
        stage.World.RunFor(Duration.Microseconds(60));
        stage.World.Crash(server, SimDiskCrash.Tear);
        stage.World.Restart(server);
        stage.Write(2, 900);
    }

    private static void PowerFailure(Stage stage)
    {
        stage.Begin(stage.Leader(), 3, 300);
        stage.World.RunFor(Duration.Microseconds(400));
        for (int server = 0; server < stage.World.ServerCount; server++)
        {
            stage.World.Crash(server, SimDiskCrash.PointInTime);
        }

        for (int server = 0; server < stage.World.ServerCount; server++)
        {
            stage.World.Restart(server);
        }

        stage.Write();
    }

    private static void FullDisk(Stage stage)
    {
        int full = stage.Follower();
        stage.World.FillDisk(full, isFull: true);
        stage.Batch(10, 900);
        stage.World.FillDisk(full, isFull: false);
        stage.World.Restart(full);
        stage.AwaitCaughtUp(full);
    }
}

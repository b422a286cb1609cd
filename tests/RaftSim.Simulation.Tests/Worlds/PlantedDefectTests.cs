using System.Collections.ObjectModel;
using System.Text;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What the world itself reports, each by a defect that is planted where no server has one.</summary>
public sealed class PlantedDefectTests
{
    // Goal: a server that gives up is seen when nothing was to befall its disk: here a bit of it changes behind the world's back.
    [Fact]
    public void A_server_that_gives_up_without_a_cause_is_seen()
    {
        SimWorld world = new(seed: 621);
        world.AwaitLeader();
        world.RunFor(Duration.Seconds(2));
        world.Crash(0, SimDiskCrash.KeepAll);
        SimDisk disk = world.Servers[0].Disk;
        disk.FlipBit(disk.Files[^1], 0, 0);
        Assert.StartsWith("server 0 gave up: ", Broken("no-fatal", () =>
        {
            world.Restart(0);
            world.RunFor(Duration.Seconds(5));
        }), StringComparison.Ordinal);
    }

    // Goal: a second answer to one request is seen, and so is an answer to one that was never made.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_that_nobody_waits_for_is_seen(bool isSecond)
    {
        SimWorld world = new(seed: 622);
        int leader = world.AwaitLeader();
        SimRequest made = world.Begin(leader, "a command");
        if (isSecond)
        {
            made.Reply = new ErrorReply(ServerErrorKind.NoLeader, "forged");
        }
        else
        {
            ((List<SimRequest>)world.Requests).Clear();
        }

        string why = Broken("one-answer", () => world.RunFor(Duration.Seconds(2)));
        Assert.Contains(isSecond ? "answered request 0 twice" : "answered request 0, which it never got", why,
            StringComparison.Ordinal);
    }

    // Goal: a moment that never ends is seen.
    [Fact]
    public void A_moment_that_never_ends_is_seen()
    {
        SimWorld world = new(seed: 623);
        world.AwaitLeader();
        for (int i = 0; i <= 100_001; i++)
        {
            world.Timeline.Schedule(world.Now.Nanos, SimEventKind.Restart);
        }

        Broken("time-passes", () => world.RunFor(Duration.Seconds(1)));
    }

    // Goal: a session that is gone while it is in use is seen: here the time by which sessions expire leaps on every server.
    [Fact]
    public void A_session_that_ends_too_soon_is_seen()
    {
        SimWorld world = new(seed: 624);
        int leader = world.AwaitLeader();
        SessionClient client = new(world);
        Draw draw = Draw.Of(624, Concern.Workload);
        Act(1);
        Act(2);
        SessionUse leap = new(SessionVerb.Keep, default, default, Duration.Seconds(3_600));
        for (int server = 0; server < 3; server++)
        {
            world.Node(server).State.Apply(new SessionCommand(leap, default) { Id = default, Time = default });
        }

        string why = Broken("sessions-last", () =>
        {
            for (ulong i = 3; i < 40; i++)
            {
                Act(i);
            }
        });
        Assert.Contains("but gone at", why, StringComparison.Ordinal);

        void Act(ulong number)
        {
            client.Act(draw.At(number), leader, () => Encoding.UTF8.GetBytes($"command {number}"));
            world.RunFor(Duration.Milliseconds(20));
        }
    }

    // Goal: a server through which nothing gets is seen: here it is still cut off.
    [Fact]
    public void A_server_through_which_nothing_gets_is_seen()
    {
        SimWorld world = new(seed: 625, options: new SimOptions { Configure = Keep });
        int leader = world.AwaitLeader();
        int cut = world.Next(leader);
        world.Isolate(cut);
        Assert.StartsWith($"no command got through by way of server {cut} within ", Unlively(world), StringComparison.Ordinal);
    }

    // Goal: a request that is never answered is seen: here nobody was asked.
    [Fact]
    public void A_request_without_an_answer_is_seen()
    {
        SimWorld world = new(seed: 626);
        world.AwaitLeader();
        ((List<SimRequest>)world.Requests).Add(new SimRequest(0, 0, 1, new GetAutopilotHealthRequest(), world.Now));
        Assert.Contains("a request has no answer", Unlively(world), StringComparison.Ordinal);
    }

    // Goal: a server that is not given its vote back is seen: here autopilot never looks.
    [Fact]
    public void A_server_without_its_vote_is_seen()
    {
        SimWorld world = new(seed: 627, options: new SimOptions
        {
            Configure = (_, options) => options with { AutopilotReconcileInterval = Duration.Seconds(86_400) },
        });
        int leader = world.AwaitLeader();
        world.RunFor(Duration.Seconds(20));
        int wiped = world.Next(leader);
        world.Wipe(wiped);
        world.Restart(wiped);
        Assert.Contains("not every server knows every server, and no other, as a voter", Unlively(world));
    }

    // Goal: leadership that does not move is seen: here nobody hears that it is to take over.
    [Fact]
    public void Leadership_that_does_not_move_is_seen()
    {
        SimWorld world = new(seed: 628);
        world.AwaitLeader();
        world.RunFor(Duration.Seconds(20));
        world.Network.Rule = (_, _, envelope) =>
            envelope.Message.Kind == ServerMessageKind.Raft && envelope.Message.Raft.Kind == RaftMessageKind.TimeoutNow
                ? Verdict.Drop
                : Verdict.Keep;
        Assert.StartsWith("leadership did not move in one election within ", Unlively(world), StringComparison.Ordinal);
    }

    // Goal: an autopilot that leaves votes as they are is seen, where zones want one voter each, and where newer servers are
    // enough to take over.
    [Theory]
    [InlineData("one-voter-per-zone", "zone z0 has 2 voters")]
    [InlineData("upgrade-ends", "s0 runs 0.1.0 and still votes")]
    public void An_autopilot_that_does_nothing_is_seen(string checker, string why)
    {
        bool isZones = checker == "one-voter-per-zone";
        SimWorld world = new(seed: 629, servers: 6, new SimOptions
        {
            Configure = (server, options) => options with
            {
                AutopilotReconcileInterval = Duration.Seconds(86_400),
                Version = server < 3 || isZones ? "0.1.0" : "0.2.0",
                Meta = new ReadOnlyDictionary<string, string>(new SortedDictionary<string, string>(StringComparer.Ordinal)
                {
                    [ServerTraits.ZoneTag] = $"z{server % 3}",
                }),
                InitialAutopilot = options.InitialAutopilot with { EnableRedundancyZones = isZones },
            },
        });
        Violation violation = Assert.IsType<Violation>(world.Run(Duration.Seconds(5)).Violation);
        Assert.Equal(checker, violation.Checker);
        Assert.Contains(why, violation.Explanation, StringComparison.Ordinal);
    }

    // A dead server stays what it is: nobody removes it.
    private static ServerOptions Keep(int server, ServerOptions options) => options with
    {
        InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false },
    };

    private static string Unlively(SimWorld world) => Broken("liveness", new Liveness(world).Check);

    private static string Broken(string checker, Action action)
    {
        Violation violation = Assert.Throws<SimulationFailedException>(action).Result!.Violation!;
        Assert.Equal(checker, violation.Checker);
        return violation.Explanation;
    }
}

using System.Text;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Client sessions over whole clusters. Source: dissertation §6.3.</summary>
public sealed class SessionTests
{
    private static readonly Duration _lifetime = Duration.Seconds(20);

    // Goal: a caller that repeats a command through another server gets the answer of then, and it is applied once.
    [Fact]
    public void A_command_repeated_through_another_server_is_applied_once()
    {
        SimWorld world = new(seed: 31);
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        CommandReply first = world.Ask<CommandReply>(leader, Command(session, 1, "once"));

        CommandReply again = world.Ask<CommandReply>(world.Next(leader), Command(session, 1, "once"));

        Assert.Equal(first.Index, again.Index);
        Assert.Equal(first.Result.ToArray(), again.Result.ToArray());
        world.AwaitTally(1);
    }

    // Goal: the leader is lost with a command under way: the server that was asked goes on with the next leader, and has the
    // answer long before the deadline of a request, without telling its caller "unknown".
    [Fact]
    public void A_server_repeats_by_itself_when_the_leader_is_lost()
    {
        SimWorld world = new(seed: 32, servers: 5);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        LogIndex session = Open(world, follower);
        world.Isolate(leader);
        SimRequest request = world.Request(follower, Command(session, 1, "patience"));

        world.Await(() => request.IsOver, "an answer");

        Assert.IsType<CommandReply>(request.Reply);
        Assert.True(request.AnsweredAt - request.AskedAt < Duration.Seconds(6), $"took {request.AnsweredAt - request.AskedAt}");
        world.Heal();
        world.AwaitTally(1);
    }

    // Goal: a leader that is deposed with commands of its own callers has them applied by the next one, all at once, and not
    // one after the other as their places in the log are taken.
    [Fact]
    public void A_deposed_leader_goes_on_with_the_next_one()
    {
        SimWorld world = new(seed: 33, servers: 5);
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        world.Isolate(leader);
        SimRequest[] requests =
        [
            .. Enumerable.Range(1, 100).Select(i => world.Request(
                leader, new ProposeRequest(Encoding.UTF8.GetBytes($"{i}")) { Session = new(session, (ulong)i, 1) })),
        ];
        world.AwaitLeaderOtherThan(leader);
        world.Heal();
        Duration healed = world.Now;
        world.Await(() => requests.All(request => request.IsOver), "answers");

        Assert.All(requests, request => Assert.IsType<CommandReply>(request.Reply));
        Assert.True(world.Now - healed < Duration.Seconds(1), $"took {world.Now - healed}");
        world.AwaitTally(100);
    }

    // Goal: what was sent before is waited for until the deadline of the request, although nobody leads for longer than a
    // request may wait that was never sent.
    [Fact]
    public void What_was_sent_before_waits_for_a_leader_until_its_deadline()
    {
        SimWorld world = new(seed: 44);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        LogIndex session = Open(world, follower);
        SimRequest request = world.Request(follower, Command(session, 1, "sent in vain"));
        world.Crash(leader);
        world.Crash(world.Next(follower));
        world.RunFor(Duration.Milliseconds(5_500));
        Assert.False(request.IsOver);
        world.Restart(leader);
        world.Await(() => request.IsOver, "an answer");

        Assert.IsType<CommandReply>(request.Reply);
    }

    // Goal: a message to the leader that is lost is sent again, although the leader stays.
    [Fact]
    public void A_lost_message_is_sent_again()
    {
        SimWorld world = new(seed: 45);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        LogIndex session = Open(world, follower);
        world.Block(follower, leader);
        SimRequest request = world.Request(follower, Command(session, 1, "lost"));
        world.RunFor(Duration.Milliseconds(100));
        world.Heal();
        world.Await(() => request.IsOver, "an answer");

        Assert.IsType<CommandReply>(request.Reply);
        Assert.Equal(leader, world.Leader);
        Assert.True(request.AnsweredAt - request.AskedAt < Duration.Seconds(2), $"took {request.AnsweredAt - request.AskedAt}");
    }

    // Goal: a session's command that may have been done is never called refused: cut off for good, the caller hears "unknown".
    [Fact]
    public void What_was_sent_before_is_not_called_refused()
    {
        SimWorld world = new(seed: 34);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        LogIndex session = Open(world, follower);
        world.Block(leader, follower);
        SimRequest request = world.Request(follower, Command(session, 1, "heard by the leader"));
        world.Await(() => world.Tally(leader) == 1, "the leader has applied it");
        world.Isolate(follower);

        world.Await(() => request.IsOver, "an answer");

        Assert.Equal(ServerErrorKind.OutcomeUnknown, Assert.IsType<ErrorReply>(request.Reply).Kind);
        world.Heal();
        CommandReply reply = world.Ask<CommandReply>(follower, Command(session, 1, "heard by the leader"));
        Assert.True(reply.Index > session);
        world.AwaitTally(1);
    }

    // Goal: an unused session expires by the leaders' clocks; a command in it is not applied, and its caller is told.
    [Fact]
    public void A_session_that_is_not_used_expires()
    {
        SimWorld world = new(seed: 35);
        int leader = world.AwaitLeader();
        LogIndex kept = Open(world, leader);
        LogIndex unused = Open(world, leader);
        for (int i = 0; i < 3; i++)
        {
            world.RunFor(Duration.Seconds(15));
            world.Ask<DoneReply>(leader, new KeepSessionRequest(kept));
        }

        ErrorReply gone = world.Ask<ErrorReply>(leader, Command(unused, 1, "too late"));
        world.Ask<CommandReply>(leader, Command(kept, 1, "in time"));

        Assert.Equal(ServerErrorKind.SessionGone, gone.Kind);
        Assert.StartsWith($"session {unused} is not open: it expired", gone.Text, StringComparison.Ordinal);
        Assert.Equal(ServerErrorKind.SessionGone, world.Ask<ErrorReply>(leader, new KeepSessionRequest(unused)).Kind);
        world.AwaitTally(1);
    }

    // Goal: while nobody leads no session ages, and a leader whose wall clock is a year ahead expires none.
    [Fact]
    public void Neither_absent_leaders_nor_wall_clocks_expire_a_session()
    {
        long year = Duration.Seconds(365L * 24 * 3600).Nanos;
        SimWorld world = new(seed: 36, options: new SimOptions
        {
            Configure = (number, options) =>
                options with { WallClockOrigin = new WallTime(options.WallClockOrigin.UnixNanos + (number * year)) },
        });
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        world.Crash(leader);
        world.Crash(world.Next(leader));
        world.RunFor(_lifetime * 10);
        world.Restart(leader);
        world.Restart(world.Next(leader));
        for (int i = 0; i < 3; i++)
        {
            leader = world.AwaitLeader();
            world.Ask<CommandReply>(leader, Command(session, (ulong)i + 1, $"by {leader}"));
            world.Crash(leader);
            world.AwaitLeaderOtherThan(leader);
            world.Restart(leader);
        }

        world.AwaitTally(3);
    }

    // Goal: sessions and their answers are in snapshots: who was restored from one neither applies nor answers otherwise.
    [Fact]
    public void Sessions_survive_in_snapshots()
    {
        SimWorld world = new(seed: 37, options: new SimOptions
        {
            Configure = (_, options) => options with { SnapshotEntries = 8, TrailingEntries = 0, SnapshotChunkBytes = 64 },
        });
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        CommandReply first = world.Ask<CommandReply>(leader, Command(session, 1, "remembered"));
        int late = world.Next(leader);
        world.Crash(late);
        for (int i = 0; i < 40; i++)
        {
            world.Commit(leader, $"filler {i}");
        }

        world.Restart(late);
        world.AwaitTally(41);
        Assert.True(world.Status(late).Snapshot.Index > first.Index);
        world.Ask<TransferLeadershipReply>(leader, new TransferLeadershipRequest(world.Status(late).Self.Value, null));

        CommandReply again = world.Ask<CommandReply>(late, Command(session, 1, "remembered"));

        Assert.Equal(first.Index, again.Index);
        Assert.Equal(first.Result.ToArray(), again.Result.ToArray());
        world.AwaitTally(41);
    }

    // Goal: sessions do expire, whatever became of the leaders before: all time that anybody has led counts.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_session_expires_under_a_leader_that_was_not_there_when_it_was_used(bool allRestart)
    {
        SimWorld world = new(seed: 41);
        int leader = world.AwaitLeader();
        LogIndex other = world.Ask<SessionReply>(leader, new OpenSessionRequest(Duration.Seconds(10_000))).Session;
        world.RunFor(Duration.Seconds(900));
        world.Ask<DoneReply>(leader, new KeepSessionRequest(other));
        LogIndex session = Open(world, leader);
        foreach (int server in allRestart ? (int[])[0, 1, 2] : [leader])
        {
            world.Crash(server);
        }

        world.Restart(0);
        world.Restart(1);
        world.Restart(2);
        leader = world.AwaitLeader();
        world.RunFor(_lifetime * 2);
        Assert.Equal(leader, world.Leader);

        Assert.Equal(
            ServerErrorKind.SessionGone, world.Ask<ErrorReply>(leader, new KeepSessionRequest(session)).Kind);
        world.Ask<DoneReply>(leader, new KeepSessionRequest(other));
    }

    // Goal: what waits for an election is proposed once by whoever wins it, also when it is asked in the step of the election.
    [Fact]
    public void What_waits_for_an_election_is_proposed_once()
    {
        for (ulong seed = 100; seed < 120; seed++)
        {
            SimWorld world = new(seed, servers: 3, new SimOptions { StepMean = Duration.Milliseconds(15) });
            int leader = world.AwaitLeader();
            LogIndex session = world.Ask<SessionReply>(leader, new OpenSessionRequest(Duration.Seconds(1_000))).Session;
            int follower = world.Next(leader);
            int other = world.Next(follower);
            world.RunFor(Duration.Seconds(1));
            world.Crash(leader);
            world.Crash(other);
            world.RunFor(Duration.Seconds(3));
            world.Restart(other);
            SimRequest[] asked =
            [
                .. Enumerable.Range(1, 200).Select(i => world.Request(
                    i % 2 == 0 ? other : follower,
                    new ProposeRequest(Encoding.UTF8.GetBytes($"{i}")) { Session = new(session, (ulong)i, 1) })),
            ];
            world.Await(() => asked.All(request => request.IsOver), "answers");

            Assert.All(asked, request => Assert.IsType<CommandReply>(request.Reply));
            LogIndex last = world.Status(world.Leader!.Value).LastIndex;
            Assert.True(last <= session + 203, $"seed {seed}: the log grew from {session} to {last} for 200 commands");
        }
    }

    // Goal: a leader that is too busy for a session's command is asked again only now and then, until there is room.
    [Fact]
    public void A_busy_leader_is_not_pressed()
    {
        SimWorld world = new(seed: 60, servers: 3, new SimOptions { ApplyMean = Duration.Seconds(2) });
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        world.RunFor(Duration.Seconds(1));
        for (int i = 0; i < Limits.PendingRequestsMax; i++)
        {
            world.Propose(leader, BitConverter.GetBytes(i));
        }

        SimRequest[] asked =
        [
            .. Enumerable.Range(1, 100).Select(i => world.Request(
                world.Next(leader),
                new ProposeRequest(Encoding.UTF8.GetBytes($"busy {i}")) { Session = new(session, (ulong)i, 1) })),
        ];
        long sent = world.Network.Sent;
        world.RunFor(Duration.Milliseconds(1_500));
        Assert.True(world.Network.Sent - sent < 3_000, $"{world.Network.Sent - sent} messages in 1.5 s");

        world.Await(() => asked.All(request => request.IsOver), "answers");
        Assert.All(asked, request => Assert.True(
            request.Reply is CommandReply or ErrorReply { Kind: ServerErrorKind.OutcomeUnknown }, $"{request.Reply}"));
    }

    // Goal: a server that led, lost it with a forwarded command under way, and leads again is asked anew: the command that it
    // still waits for from the first time does not stand in the way.
    [Fact]
    public void A_leader_that_comes_back_is_asked_anew()
    {
        SimWorld world = new(seed: 42, servers: 5);
        int first = world.AwaitLeader();
        int follower = world.Next(first);
        LogIndex session = Open(world, follower);

        // Only the server that is asked reaches the leader: what it takes is never committed there.
        foreach (int other in Enumerable.Range(0, 5).Where(server => server != first && server != follower))
        {
            world.Block(first, other);
            world.Block(other, first);
        }

        SimRequest request = world.Request(follower, Command(session, 1, "twice over"));
        int second = world.AwaitLeaderOtherThan(first);
        world.Heal();
        world.Ask<TransferLeadershipReply>(second, new TransferLeadershipRequest(world.Status(first).Self.Value, null));
        world.Await(() => request.IsOver, "an answer");

        Assert.IsType<CommandReply>(request.Reply);
        Assert.True(request.AnsweredAt - request.AskedAt < Duration.Seconds(9), $"took {request.AnsweredAt - request.AskedAt}");
        world.AwaitTally(1);
    }

    // Goal: a former leader that was restored from a snapshot cannot see what took its command's place: it asks again.
    [Fact]
    public void A_command_under_a_snapshot_is_asked_again()
    {
        SimWorld world = new(seed: 43, options: new SimOptions
        {
            Configure = (_, options) =>
                options with { SnapshotEntries = 8, TrailingEntries = 0, RequestTimeout = Duration.Seconds(30) },
        });
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        world.Isolate(leader);
        SimRequest request = world.Request(leader, Command(session, 1, "left behind"));
        int next = world.AwaitLeaderOtherThan(leader);
        for (int i = 0; i < 40; i++)
        {
            world.Commit(next, $"filler {i}");
        }

        world.Heal();
        world.Await(() => request.IsOver, "an answer");

        Assert.IsType<CommandReply>(request.Reply);
        world.AwaitTally(41);
    }

    // Goal: numbers out of their range, and lifetimes out of theirs, are refused by value and rule.
    [Fact]
    public void What_breaks_a_rule_is_refused_by_name()
    {
        SimWorld world = new(seed: 38);
        int leader = world.AwaitLeader();
        LogIndex session = Open(world, leader);
        Assert.Equal(
            "lifetime 999ms of a session: must be 1s to 720h0m0s",
            world.Ask<ErrorReply>(leader, new OpenSessionRequest(Duration.Milliseconds(999))).Text);
        foreach (SessionNumber wrong in (SessionNumber[])
            [new(session, 0, 0), new(session, 1, 0), new(session, 1, 2), new(session, 257, 1)])
        {
            ErrorReply error = world.Ask<ErrorReply>(leader, new ProposeRequest(new byte[8]) { Session = wrong });
            Assert.Equal(ServerErrorKind.Refused, error.Kind);
            Assert.StartsWith($"number {wrong.Number} of session {session}", error.Text, StringComparison.Ordinal);
        }

        world.Ask<CommandReply>(leader, new ProposeRequest(new byte[8]) { Session = new(session, 257, 2) });
        world.Ask<DoneReply>(leader, new CloseSessionRequest(session));
        world.Ask<DoneReply>(leader, new CloseSessionRequest(session));
        Assert.Equal(ServerErrorKind.SessionGone, world.Ask<ErrorReply>(leader, Command(session, 258, "closed")).Kind);
    }

    private static LogIndex Open(SimWorld world, int server) =>
        world.Ask<SessionReply>(server, new OpenSessionRequest(_lifetime)).Session;

    private static ProposeRequest Command(LogIndex session, ulong number, string text) =>
        new(Encoding.UTF8.GetBytes(text)) { Session = new SessionNumber(session, number, number) };
}

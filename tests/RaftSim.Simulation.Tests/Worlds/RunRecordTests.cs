using System.Text.Json;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What is taken down of a run: everything that the page shows, and nothing about the run changes.</summary>
public sealed class RunRecordTests
{
    // Goal: every role and term that a server goes through is there, and how it stands in the end.
    [Fact]
    public void Every_change_of_a_lane_is_taken_down()
    {
        SimWorld world = new(seed: 11, servers: 3) { Record = new RunRecord() };
        int leader = world.AwaitLeader();
        world.Crash(leader);
        int next = world.AwaitLeaderOtherThan(leader);
        world.Restart(leader);
        world.Await(() => world.Status(leader).Commit == world.Status(next).Commit && world.Node(leader).IsStarted, "it is back");

        JsonElement lanes = Read(world).GetProperty("lanes");
        string[] states = States(lanes, leader);
        Assert.Equal(["starting", "follower", "pre-candidate", "candidate", "leader", "down", "starting", "follower"], states);
        Assert.Equal("leader", States(lanes, next)[^1]);
        int last = LastOf(lanes, next);
        Assert.Equal(world.Status(next).Term.Value, lanes.GetProperty("term")[last].GetUInt64());
        Assert.Equal(world.Status(next).Commit.Value, lanes.GetProperty("commit")[last].GetUInt64());
        Assert.Equal(world.Status(next).LastIndex.Value, lanes.GetProperty("last")[last].GetUInt64());
        last = LastOf(lanes, leader);
        Assert.Equal(next, lanes.GetProperty("leader")[last].GetInt32());
    }

    // Goal: a record that begins late knows how each server stands at that time.
    [Fact]
    public void A_record_that_begins_late_begins_with_how_servers_stand()
    {
        SimWorld world = new(seed: 12, servers: 3);
        int leader = world.AwaitLeader();
        world.Crash(world.Next(leader));
        Duration begun = world.Now;
        world.Record = new RunRecord();

        Assert.Equal(begun, world.Record.KeptFrom);
        JsonElement lanes = Read(world).GetProperty("lanes");
        Assert.Equal(["leader"], States(lanes, leader));
        Assert.Equal(["down"], States(lanes, world.Next(leader)));
        Assert.Equal(begun.Nanos, lanes.GetProperty("t")[0].GetInt64());
    }

    // Goal: servers that have not come yet, that come, and that are taken away can be told from those that are down.
    [Fact]
    public void Newcomers_are_not_started_until_they_come()
    {
        SimWorld world = new(seed: 13, servers: 4, new SimOptions { Newcomers = 1 }) { Record = new RunRecord() };
        world.AwaitLeader();
        world.Admit();
        world.Await(() => world.IsUp(3) && world.Node(3).IsStarted, "the newcomer has started");
        Assert.Equal(["not started", "starting", "follower"], States(Read(world).GetProperty("lanes"), 3)[..3]);
        world.Retire(3);
        Assert.Equal("gone for good", States(Read(world).GetProperty("lanes"), 3)[^1]);
    }

    // Goal: as many messages as were sent and delivered are there as such, with times; each loss has its cause.
    [Fact]
    public void The_fate_of_every_message_is_taken_down()
    {
        SimWorld world = new(seed: 14, servers: 3) { Record = new RunRecord() };
        int leader = world.AwaitLeader();
        int other = world.Next(leader);
        world.Block(leader, other);
        world.RunFor(Duration.Seconds(1));
        world.Heal();
        world.Network.Rule = (from, to, _) => from == leader && to == other ? Verdict.Drop : Verdict.Keep;
        world.RunFor(Duration.Seconds(1));
        world.Network.Rule = null;
        world.Crash(other);
        world.RunFor(Duration.Seconds(1));

        JsonElement run = Read(world);
        JsonElement messages = run.GetProperty("messages");
        string[] fates = [.. Column(messages, "fate").Select(fate => ((string[])["arrives", "lost", "under way"])[fate])];
        string[] whys = [.. Column(messages, "why").Select(place => TextAt(run, place))];
        Assert.Equal(world.Network.Sent, fates.Length);
        Assert.Equal(world.Network.Delivered, Enumerable.Range(0, fates.Length)
            .Count(i => fates[i] == "arrives" || whys[i] == "finds nobody"));
        Assert.All(
            (string[])["is lost: the link is cut", "is lost: the rule has it", "finds nobody"],
            why => Assert.Contains(why, whys));
        Assert.All(Enumerable.Range(0, fates.Length), i => Assert.Equal(fates[i] == "lost", whys[i].Length > 0));
        Assert.All(
            Enumerable.Range(0, fates.Length).Where(i => fates[i] == "arrives"),
            i => Assert.InRange(messages.GetProperty("d")[i].GetInt64(), 100_000, 20_000_000));
    }

    // Goal: an Append is there with what it says.
    [Fact]
    public void A_message_is_taken_down_with_its_fields()
    {
        SimWorld world = new(seed: 15, servers: 3) { Record = new RunRecord() };
        int leader = world.AwaitLeader();
        Envelope seen = default;
        world.Network.Rule = (_, _, envelope) =>
        {
            bool isFirst = seen.Message is null && envelope.Message.Kind == ServerMessageKind.Raft
                && envelope.Message.Raft is { Kind: RaftMessageKind.Append, Entries.Length: 1 };
            seen = isFirst ? envelope : seen;
            return Verdict.Keep;
        };
        world.Commit(leader, "one");
        JsonElement run = Read(world);
        JsonElement messages = run.GetProperty("messages");
        RaftMessage append = seen.Message.Raft;
        Assert.Contains(Enumerable.Range(0, messages.GetProperty("k").GetArrayLength()), i =>
            run.GetProperty("kinds")[messages.GetProperty("k")[i].GetInt32()][0].GetString() == "Append"
            && run.GetProperty("kinds")[messages.GetProperty("k")[i].GetInt32()][1].GetString() == "appends"
            && messages.GetProperty("from")[i].GetInt32() == leader
            && messages.GetProperty("term")[i].GetUInt64() == append.Term.Value
            && messages.GetProperty("index")[i].GetUInt64() == append.Index.Value
            && messages.GetProperty("logTerm")[i].GetUInt64() == append.LogTerm.Value
            && messages.GetProperty("commit")[i].GetUInt64() == append.Commit.Value
            && messages.GetProperty("n")[i].GetInt32() == 1);
    }

    // Goal: requests are there with server, outcome and time of the answer: acknowledged, refused, and lost with their server.
    [Fact]
    public void Requests_are_taken_down_with_what_became_of_them()
    {
        SimWorld world = new(seed: 16, servers: 3) { Record = new RunRecord() };
        int leader = world.AwaitLeader();
        world.Commit(leader, "one");
        world.Ask<QueryReply>(leader, new QueryRequest("two"u8.ToArray()));
        world.Ask<ErrorReply>(leader, new RemoveServerRequest("nobody", null));
        world.Begin(leader, "lost");
        world.Crash(leader);
        SimRequest open = world.Begin(world.Next(leader), "open");

        JsonElement run = Read(world);
        JsonElement requests = run.GetProperty("requests");
        Assert.Equal([1, 2, 3, 5, 0], Column(requests, "outcome"));
        Assert.Equal([leader, leader, leader, leader, open.Server], Column(requests, "s"));
        Assert.Equal(
            world.Requests.Select(request => request.AnsweredAt is { } at ? (at - request.AskedAt).Nanos : -1),
            requests.GetProperty("d").EnumerateArray().Select(one => one.GetInt64()));
        Assert.Equal("for a command of 3 bytes", TextAt(run, Column(requests, "x")[0]));
    }

    // Goal: what scripts do, what servers tell, pauses, and when peace comes is there; a pause that a crash ends, ends there.
    [Fact]
    public void Words_pauses_and_the_end_of_faults_are_taken_down()
    {
        SimWorld world = new(seed: 17, servers: 3) { Record = new RunRecord() };
        int leader = world.AwaitLeader();
        world.Pause(leader, Duration.Seconds(2));
        world.RunFor(Duration.Seconds(1));
        Duration crashed = world.Now;
        world.Crash(leader);
        world.Settle();

        JsonElement run = Read(world);
        JsonElement notes = run.GetProperty("notes");
        string[] words = [.. Column(notes, "x").Select(place => TextAt(run, place))];
        Assert.Contains($"s{leader} pauses for 2s", words);
        Assert.Contains($"s{leader} crashes", words);
        Assert.Contains(words, word => word.StartsWith("ClusterFormed: ", StringComparison.Ordinal));
        JsonElement pauses = run.GetProperty("pauses");
        Assert.Equal([leader], Column(pauses, "s"));
        Assert.Equal(crashed.Nanos, pauses.GetProperty("t")[0].GetInt64() + pauses.GetProperty("d")[0].GetInt64());
        Assert.Equal(crashed.Nanos, run.GetProperty("settled").GetInt64());
    }

    // Goal: every strike of a fault is there with its name, and what follows from it belongs to it; the run is the same.
    [Fact]
    public void Strikes_are_taken_down_with_what_they_do_and_change_nothing()
    {
        FaultPlan plan = FaultPlan.Of(FaultKind.Partition, FaultKind.Crash, FaultKind.Pause, FaultKind.Drop);
        UInt128 without = SimWorld.Swarm(3, 3, plan, zones: 0).Run(Duration.Seconds(20)).TraceHash;
        SimWorld world = SimWorld.Swarm(3, 3, plan, zones: 0);
        world.Record = new RunRecord();
        SimulationResult result = world.Run(Duration.Seconds(20)).RequireSuccess();
        Assert.Equal(without, result.TraceHash);

        JsonElement run = Read(world);
        JsonElement strikes = run.GetProperty("strikes");
        string[] names = [.. Column(strikes, "name").Select(place => TextAt(run, place))];
        Assert.Equal(
            world.Decisions!.Entries.Count(entry => entry.Decision.Kind is DecisionKind.Strike or DecisionKind.Blow),
            names.Length);
        Assert.Equal(["crash", "partition", "pause"], names.Distinct().Order(StringComparer.Ordinal));
        JsonElement notes = run.GetProperty("notes");
        int[] causes = Column(notes, "strike");
        int split = Array.FindIndex(
            [.. Column(notes, "x").Select(place => TextAt(run, place))],
            text => text.StartsWith("network splits", StringComparison.Ordinal));
        Assert.Equal("partition", names[causes[split]]);
    }

    // Goal: what a run breaks is in its record, with checker, time and words.
    [Fact]
    public void A_broken_promise_is_taken_down()
    {
        SimWorld world = SimScenario.Parse("seed 1\nfor 3s\nat 2s expect voters 5\n").World();
        world.Record = new RunRecord();
        Violation broken = world.Run(Duration.Seconds(3)).Violation!;
        JsonElement violation = Read(world).GetProperty("violation");
        Assert.Equal(broken.Checker, violation.GetProperty("checker").GetString());
        Assert.Equal(broken.Time.Nanos, violation.GetProperty("at").GetInt64());
        Assert.Equal(broken.Explanation, violation.GetProperty("text").GetString());
    }

    // Goal: of a run that is too long the last part is kept, the page stays below its limit, and lanes begin as they stood.
    [Fact]
    public void Of_a_long_run_the_beginning_is_left_out()
    {
        SimWorld whole = SimWorld.Swarm(5, 3, FaultPlan.None, zones: 0);
        whole.Record = new RunRecord();
        whole.Run(Duration.Seconds(20));
        SimWorld world = SimWorld.Swarm(5, 3, FaultPlan.None, zones: 0);
        world.Record = new RunRecord(100_000);
        world.Run(Duration.Seconds(20));

        Assert.Equal(Duration.Zero, whole.Record.KeptFrom);
        Assert.InRange(world.Record.KeptFrom.Nanos, 1_000_000, world.Now.Nanos);
        JsonElement run = Read(world);
        Assert.InRange(run.GetRawText().Length, 20_000, 150_000);
        Assert.Equal(world.Record.KeptFrom.Nanos, run.GetProperty("from").GetInt64());
        Assert.True(run.GetProperty("messages").GetProperty("t")[0].GetInt64() >= world.Record.KeptFrom.Nanos);
        JsonElement lanes = run.GetProperty("lanes");
        JsonElement all = Read(whole).GetProperty("lanes");
        Assert.All(Enumerable.Range(0, 3), server => Assert.Equal(States(all, server)[^1], States(lanes, server)[^1]));
        Assert.Equal(world.Record.KeptFrom.Nanos, lanes.GetProperty("t")[0].GetInt64());
    }

    // Goal: a record belongs to one world, and is of no use without.
    [Fact]
    public void A_record_belongs_to_one_world()
    {
        RunRecord record = new();
        Assert.Throws<InvalidOperationException>(() => record.WriteHtml(TextWriter.Null));
        SimWorld world = new(seed: 1) { Record = record };
        Assert.Throws<InvalidOperationException>(() => new SimWorld(seed: 2) { Record = record });
        world.Record = null;
        world.RunFor(Duration.Seconds(1));
        Assert.Equal(0, Read(record).GetProperty("messages").GetProperty("t").GetArrayLength());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RunRecord(0));
    }

    private static JsonElement Read(SimWorld world) => Read(world.Record!);

    private static JsonElement Read(RunRecord record)
    {
        using StringWriter text = new();
        record.WriteJson(text);
        return JsonDocument.Parse(text.ToString()).RootElement;
    }

    private static int[] Column(JsonElement table, string name) =>
        [.. table.GetProperty(name).EnumerateArray().Select(one => one.GetInt32())];

    private static string TextAt(JsonElement run, int place) =>
        place < 0 ? "" : run.GetProperty("texts")[place].GetString()!;

    // What a server is, one after the other, without what stays the same.
    private static string[] States(JsonElement lanes, int server)
    {
        string[] names =
            ["follower", "pre-candidate", "candidate", "leader", "starting", "down", "not started", "gone for good"];
        int[] servers = Column(lanes, "s");
        int[] states = [.. Column(lanes, "state").Where((_, i) => servers[i] == server)];
        return [.. states.Where((state, i) => i == 0 || states[i - 1] != state).Select(state => names[state])];
    }

    private static int LastOf(JsonElement lanes, int server) => Array.LastIndexOf(Column(lanes, "s"), server);
}

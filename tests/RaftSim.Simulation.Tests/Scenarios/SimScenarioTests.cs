using System.Text;

namespace RaftSim.Simulation.Tests.Scenarios;

/// <summary>A scenario is read line by line, runs as it says, and says what is not right about it.</summary>
public sealed class SimScenarioTests
{
    private const string Story = """
        # A leader that is cut off is succeeded, and finds back.
        seed 42
        servers 5
        requests every 50ms
        for 20s

        at 2s   expect leader
        at 2s   autopilot leader MinQuorum=3 CleanupDeadServers=false LastContactThreshold=1s
        at 3s   partition s0 s1 | s2 s3 s4
        at 4s   crash s2 lose-all           # one of the majority
        at 6s   restart s2
        at 8s   heal
        at 9s   expect committed 5
        at 9s   isolate leader
        at 11s  heal
        at 12s  propose s1 "some words # no comment"
        at 12s  transfer s1 s2
        at 13s  pause s1 500ms
        at 13s  slow-disk s2 100
        at 13s  full-disk s3
        at 14s  slow-disk s2 1
        at 14s  free-disk s3
        at 15s  block s0 s1
        at 15s  kill s4
        at 16s  heal
        at 16s  restart s4
        at 19s  expect voters 5
        """;

    // Goal: every verb is carried out, at its time, and the world keeps its promises and recovers.
    [Fact]
    public void A_scenario_does_what_it_says()
    {
        using StringWriter trace = new();
        SimulationResult result = SimScenario.Parse(Story).Run(trace).RequireSuccess();
        Assert.Equal(5, result.Servers);
        Assert.True(result.Elections > 1);
        Assert.True(result.Acknowledged > 100);
        Assert.Equal(1, result.Faults[FaultKind.Crash]);
        Assert.Equal(1, result.Faults[FaultKind.Kill]);
        string text = trace.ToString();
        Assert.Contains("\n4s s2 crashes, as LoseAll has it\n", text, StringComparison.Ordinal);
        Assert.Contains("\n12s scenario: at 12s propose s1 \"some words # no comment\"\n", text, StringComparison.Ordinal);
        Assert.Contains(" to move leadership to s2:4647\n", text, StringComparison.Ordinal);
    }

    // Goal: a scenario is read as it is written, and is the same run twice.
    [Fact]
    public void A_scenario_is_read_as_it_is_written()
    {
        SimScenario story = SimScenario.Parse(Story);
        SimScenario again = SimScenario.Parse(story.ToString());
        Assert.Equal(story.ToString(), again.ToString());
        Assert.Equal(story.Run().TraceHash, again.Run().TraceHash);
    }

    // Goal: with "swarm" and faults it is the run of that seed on the command line.
    [Fact]
    public void A_scenario_of_a_seed_is_the_run_of_that_seed()
    {
        SimulationResult seed = SimWorld.Swarm(711).Run(Duration.Seconds(5));
        SimulationResult scenario = SimScenario.Parse("seed 711\nswarm\nfaults all\nfor 5s").Run();
        Assert.Equal(seed.TraceHash, scenario.TraceHash);
    }

    // Goal: a run that is cut short is the same up to its end when it is planned as long as before, newcomers included.
    [Fact]
    public void A_run_that_is_planned_longer_is_the_same_up_to_its_end()
    {
        const string World = "seed 2\nswarm\nzones 3\nfaults crash\n";
        using StringWriter whole = new();
        using StringWriter cut = new();
        SimScenario.Parse($"{World}for 20s").Run(whole);
        SimScenario.Parse($"{World}for 6s\nplanned 20s").Run(cut);
        string[] lines = whole.ToString().Split('\n');
        string[] expected = [.. lines.TakeWhile(line => !line.StartsWith("6.", StringComparison.Ordinal))];
        Assert.Contains(expected, line => line.EndsWith(" starts", StringComparison.Ordinal));
        Assert.Equal(expected, cut.ToString().Split('\n')[..expected.Length]);
    }

    // Goal: what is wiped comes back as another, and a server that was asked to go comes back, too.
    [Fact]
    public void Wiped_and_removed_servers_come_back()
    {
        SimulationResult result = SimScenario.Parse("""
            for 30s
            at 3s wipe s2
            at 4s restart s2
            at 20s remove s0 s1
            """).Run().RequireSuccess();
        Assert.Equal(1, result.Faults[FaultKind.Wipe]);
    }

    // Goal: every verb for disks and links has its effect, and what lasts has its end.
    [Fact]
    public void Disks_and_links_fail_as_a_scenario_says()
    {
        using StringWriter trace = new();
        SimulationResult result = SimScenario.Parse("""
            seed 3
            requests every 20ms
            for 30s
            at 3s   stall-disk s1 500ms
            at 4s   fail-sync s1
            at 5s   stall-bulk s0 s1
            at 6s   free-bulk s0 s1
            at 8s   slow-link s0 s1 500
            at 9s   slow-link s0 s1 1
            at 10s  limit-link s0 s1 2000
            at 11s  limit-link s0 s1 none
            at 12s  cut-link s0 s2
            at 13s  mend-link s0 s2
            at 14s  slow-link s0 s1 1000
            at 15s  reset-link s0 s1
            at 16s  heal
            at 17s  rot s2
            at 18s  crash s2
            """).Run(trace).RequireSuccess();
        Assert.All(
            (FaultKind[])
            [
                FaultKind.StalledDisk, FaultKind.FailedSync, FaultKind.Bandwidth, FaultKind.CutLink, FaultKind.ConnectionReset,
                FaultKind.BitRot, FaultKind.BulkStall,
            ],
            kind => Assert.Equal(1, result.Faults[kind]));
        Assert.Equal(2, result.Faults[FaultKind.SlowLink]);
        string text = trace.ToString();
        Assert.Contains("\n6s link s0>s1 is as before\n", text, StringComparison.Ordinal);
        Assert.Contains("\n9s link s0>s1 is as before\n", text, StringComparison.Ordinal);
        Assert.Contains("\n11s link s0>s1 is as before\n", text, StringComparison.Ordinal);
        Assert.Contains("\n13s s0 and s2 reach each other again\n", text, StringComparison.Ordinal);
    }

    // Goal: what was expected and is not so fails the run, and the line is told.
    [Theory]
    [InlineData("at 0s expect leader", "there is no leader")]
    [InlineData("at 2s expect committed 9999", "expect committed 9999: but ")]
    [InlineData("at 5s expect voters 9", "expect voters 9: but there are 3")]
    [InlineData("at 1s crash s1\nat 2s propose s1 text", "s1 is down and cannot be asked")]
    [InlineData("at 1s cut-link s0 s0", "s0 has no link to itself")]
    [InlineData("at 1s partition s0 | s1", "a partition names all of 3 servers, or one side only")]
    public void What_was_expected_and_is_not_so_fails_the_run(string lines, string why)
    {
        Violation violation = Assert.IsType<Violation>(SimScenario.Parse(lines).Run().Violation);
        Assert.Equal("scenario", violation.Checker);
        Assert.Contains(why, violation.Explanation, StringComparison.Ordinal);
    }

    // Goal: the trace of a run that fails is written out at once, whatever becomes of the program.
    [Fact]
    public void The_trace_of_a_failure_is_written_out_at_once()
    {
        using MemoryStream written = new();
        using StreamWriter trace = new(written, bufferSize: 1 << 20);
        SimScenario.Parse("at 2s expect voters 5").Run(trace);
        Assert.Contains("2s FAILED scenario: ", Encoding.UTF8.GetString(written.ToArray()), StringComparison.Ordinal);
    }

    // Goal: what is not right is told with its line, the value and the rule.
    [Theory]
    [InlineData("seed x", "line 1: seed x: must be a whole number from 0 to 18446744073709551615")]
    [InlineData("\nseed 1\nseed 2", "line 3: seed 2: is there twice")]
    [InlineData("servers 0", "line 1: servers 0: must be a whole number from 1 to 1000")]
    [InlineData("servers 1001", "line 1: servers 1001: must be a whole number from 1 to 1000")]
    [InlineData("faults flood", "line 1: faults flood: 'flood' is not a fault: use all, none, or some of drop, ")]
    [InlineData("calm seas", "line 1: calm seas: 'seas' is not a trait: use some of messages distance pace clocks ")]
    [InlineData("requests every 0s", "line 1: requests every 0s: must be a time above 0, such as 50ms")]
    [InlineData("for ever", "line 1: for ever: must be a time above 0 and up to 8760h, such as 90s or 10m")]
    [InlineData("planned 0s", "line 1: planned 0s: must be a time above 0 and up to 8760h, such as 90s or 10m")]
    [InlineData("only you", "line 1: only you: a decision is one of: strike FAULT N at TIME; message FAULT FROM TO N; ")]
    [InlineData("only strike drop 1 at 1s", "line 1: only strike drop 1 at 1s: a decision is one of: ")]
    [InlineData("only message crash s0 s1 1", "line 1: only message crash s0 s1 1: a decision is one of: ")]
    [InlineData("at noon heal", "line 1: at noon heal: at is followed by a time, such as 1500ms, and a verb")]
    [InlineData("at -1s heal", "line 1: at -1s heal: at is followed by a time, such as 1500ms, and a verb")]
    [InlineData("at 1s dance", "line 1: at 1s dance: a verb is one of: crash, kill, ")]
    [InlineData("at 1s crash x1", "line 1: at 1s crash x1: 'x1' is not a server: use leader, or s0, s1 and so on")]
    [InlineData("at 1s block s0 y", "line 1: at 1s block s0 y: 'y' is not a server: use leader, or s0, s1 and so on")]
    [InlineData("at 1s crash s1 some", "line 1: at 1s crash s1 some: 'some' is not a way to lose what was not synced: use ")]
    [InlineData("at 1s pause s1 0s", "line 1: at 1s pause s1 0s: '0s' must be a time above 0, such as 2s")]
    [InlineData(
        "at 1s slow-disk s1 0", "line 1: at 1s slow-disk s1 0: '0' must be a whole number above 0; 1 is as quick as usual")]
    [InlineData("at 1s stall-disk s1 0s", "line 1: at 1s stall-disk s1 0s: '0s' must be a time above 0, such as 2s")]
    [InlineData(
        "at 1s slow-link s0 s1 x", "line 1: at 1s slow-link s0 s1 x: 'x' must be a whole number above 0; 1 is as quick as usual")]
    [InlineData(
        "at 1s limit-link s0 s1 99",
        "line 1: at 1s limit-link s0 s1 99: '99' must be none, or a number of bytes a second from 100 on")]
    [InlineData(
        "at 1s partition s0 | s0", "line 1: at 1s partition s0 | s0: 's0' must be a server that is not on the other side")]
    [InlineData(
        "at 1s propose leader some words",
        "line 1: at 1s propose leader some words: a text with blanks stands in quotation marks: propose WHO \"some words\"")]
    [InlineData("at 1s autopilot s0 Color=red", "line 1: at 1s autopilot s0 Color=red: 'Color=red' is not a setting: use ")]
    [InlineData("at 1s expect rain", "line 1: at 1s expect rain: what can be expected: leader; committed N, ")]
    [InlineData("at 1s crash s3", "line 1: at 1s crash s3: there is no s3: servers are s0 to s2")]
    [InlineData("for 2s\nat 3s heal", "line 2: at 3s heal: must not be after the end, which is at 2s")]
    [InlineData("only message drop s0 s3 1", "only message drop s0 s3 1: servers are s0 to s2")]
    [InlineData("only blow 1 1 s4 at 2s", "only blow 1 1 s4 at 2s: servers are s0 to s2")]
    [InlineData("hello", "line 1: hello: a line is one of: seed N; servers N; ")]
    [InlineData("swarm 3", "line 1: swarm 3: a line is one of: seed N; servers N; ")]
    public void What_is_not_right_is_told_with_its_line(string text, string start)
    {
        Assert.False(SimScenario.TryParse(text, out _, out string error));
        Assert.StartsWith(start, error, StringComparison.Ordinal);
        Assert.Equal(error, Assert.Throws<FormatException>(() => SimScenario.Parse(text)).Message);
    }
}

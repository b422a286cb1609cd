using System.Text.RegularExpressions;
using RaftSim.Cli;
using RaftSim.Cli.Commands;
using RaftSim.Integration.Tests.Hosting;
using RaftSim.Simulation;

namespace RaftSim.Integration.Tests.Cli;

/// <summary><c>raftsim simulate</c> while it is under way: how far it is, and what hangs.</summary>
public sealed class SimulateProgressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: of a range the seeds under way are named: if the process dies, it is one of these.
    [Fact]
    public async Task A_range_names_the_seeds_under_way()
    {
        await using InProcess run = InProcess.StartWith(
            _folder.Path,
            terminal => terminal with { Time = new Leaps(TimeSpan.FromSeconds(2)) },
            "simulate", "--seeds", $"7..{ulong.MaxValue}", "--duration", "1s");

        Assert.Matches(", under way: [0-9]+( [0-9]+)*$", await run.Error.WaitForAsync("under way: "));
        Assert.Equal(1, await run.InterruptAsync());
        Assert.DoesNotContain("under way", run.Out.Text, StringComparison.Ordinal);
    }

    // Goal: one world says now and then how far it is, and what it is made of before it runs.
    [Fact]
    public async Task One_world_says_how_far_it_is()
    {
        using ManualResetEventSlim isTold = new();
        SimWorld world = SimWorld.Swarm(8, servers: 3);
        await using Lines told = new();
        Terminal terminal = Leaping(TimeSpan.FromSeconds(10), told);
        Task<SimulationResult?> run = Task.Run(() => LoneRun.Run(world, _ => Wait(world, isTold), "again", terminal));

        Assert.Matches("^seed 8: 0s simulated in [0-9]+ s$", await told.WaitForAsync("seed 8: "));
        isTold.Set();
        Assert.Equal(8UL, (await run.WaitAsync(Quick.SafetyNet))!.Seed);
    }

    // Goal: a world in which a step never ends is told with the command that runs it again, as in a range.
    [Fact]
    public async Task One_world_that_hangs_is_told()
    {
        using ManualResetEventSlim isTold = new();
        SimWorld world = SimWorld.Swarm(8, servers: 3);
        await using Lines told = new();
        Terminal terminal = Leaping(TimeSpan.FromMinutes(2), told);

        Assert.Null(LoneRun.Run(world, _ => Wait(world, isTold), "again", terminal));
        isTold.Set();
        Assert.Contains(
            "FAILED after 0s: hangs: for 00:01:00 a step has not come to its end\nreplay: again\n",
            told.Text,
            StringComparison.Ordinal);
    }

    // Goal: Ctrl+C stops a single world between two events: what has happened by then is told, traced and shown to its end.
    [Fact]
    public async Task One_world_is_interrupted_and_what_it_did_is_kept()
    {
        await using InProcess run = InProcess.StartWith(
            _folder.Path,
            terminal => terminal with { Time = new Leaps(TimeSpan.FromSeconds(2)) },
            "simulate", "--seed", "8", "--servers", "3", "--duration", "8760h", "--trace", "trace", "--html", "page.html");

        string line;
        do
        {
            line = await run.Error.WaitForAsync("seed 8: ");
        }
        while (!Regex.IsMatch(line, "^seed 8: [0-9]+[hm][0-9]", RegexOptions.None, Quick.SafetyNet));

        Assert.Equal(1, await run.InterruptAsync());
        Assert.Matches("(?m)^interrupted after [0-9a-z.]+ of virtual time: the run is not whole$", run.Error.Text);
        Assert.Contains("3 servers, ", run.Out.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\ntrace ", run.Out.Text, StringComparison.Ordinal);
        string trace = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "trace"));
        Assert.EndsWith("\n", trace, StringComparison.Ordinal);
        string page = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "page.html"));
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
        Assert.Contains("\"whole\":0", page, StringComparison.Ordinal);
    }

    // Goal: a second run of the same world is watched like the first, and not taken for one that hangs.
    [Fact]
    public void A_second_run_is_watched_like_the_first()
    {
        SeedWorker worker = new(new Leaps(TimeSpan.FromMinutes(2)));
        worker.Watch(SimWorld.Swarm(8, servers: 3));
        Assert.False(worker.Hangs());
        worker.Watch(SimWorld.Swarm(8, servers: 3));
        Assert.False(worker.Hangs());
        Assert.True(worker.Hangs());
    }

    // Goal: a fresh process that says nothing is not waited for without end.
    [Fact]
    public void A_fresh_process_that_is_silent_is_given_up()
    {
        SimulationRequest request = new(8, 8, 3, SimWorld.DurationMax, FaultPlan.All, null, null);
        string line = FreshProcess.Confirm(request, SimWorld.Swarm(8).Result, TimeSpan.Zero, TimeProvider.System);
        Assert.Equal(
            "NOT SEEN AGAIN in a fresh process, which said nothing for 00:00:00: the simulator is at fault, too", line);
    }

    // Goal: help names every fault, and no value for what takes none.
    [Fact]
    public async Task Help_names_every_fault()
    {
        (string text, _) = await InProcess.EndAsync(0, _folder.Path, null, "simulate", "--help");
        string words = string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(
            $"There are: {string.Join(", ", FaultCounts.Kinds.ToArray().Select(FaultCounts.NameOf))}.",
            words,
            StringComparison.Ordinal);
        Assert.Contains(" --twice Runs every world a second time", words, StringComparison.Ordinal);
    }

    private static SimulationResult Wait(SimWorld world, ManualResetEventSlim told)
    {
        told.Wait(Quick.SafetyNet);
        return world.Result;
    }

    private Terminal Leaping(TimeSpan leap, TextWriter told) => new()
    {
        Out = told,
        Error = told,
        Folder = _folder.Path,
        Time = new Leaps(leap),
    };

    // Each look at this clock finds it a leap further on.
    private sealed class Leaps(TimeSpan leap) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _now, leap.Ticks);
    }
}

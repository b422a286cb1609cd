using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary><c>raftsim simulate</c>: the seed comes first, the hash of the run last, twice the same.</summary>
public sealed class SimulateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: a run can be repeated from what it prints.
    [Fact]
    public async Task A_seed_prints_the_seed_first_and_the_hash_last_and_the_same_twice()
    {
        string first = await SucceedAsync("simulate --seed 42 --duration 3s");
        string second = await SucceedAsync("simulate --seed 42 --duration 3s");

        Assert.Equal(first, second);
        string[] lines = first.TrimEnd('\n').Split('\n');
        Assert.Equal("seed 42", lines[0]);
        Assert.StartsWith("made of: election timeout ", lines[1], StringComparison.Ordinal);
        Assert.Matches("^trace [0-9a-f]{32}$", lines[^1]);
    }

    // Goal: size, duration and faults are those asked for.
    [Fact]
    public async Task Size_duration_and_faults_can_be_chosen()
    {
        string text = await SucceedAsync(
            "simulate --seed 18446744073709551615 --servers 1 --duration 2s --faults none");

        Assert.StartsWith("seed 18446744073709551615\nmade of: ", text, StringComparison.Ordinal);
        Assert.Contains("\n1 servers, ", text, StringComparison.Ordinal);
        Assert.Contains("\nfaults: none\n", text, StringComparison.Ordinal);
    }

    // Goal: zones are those asked for, and none when none are.
    [Fact]
    public async Task Zones_can_be_chosen()
    {
        string text = await SucceedAsync("simulate --seed 45 --zones 2 --duration 2s --faults none");
        Assert.Contains(" z0 0.1.0; ", text, StringComparison.Ordinal);
        Assert.Contains(" z1 0.1.0; ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" z2 ", text, StringComparison.Ordinal);
        text = await SucceedAsync("simulate --seed 45 --zones 0 --duration 2s --faults none");
        Assert.Contains(", no zones, ", text, StringComparison.Ordinal);
    }

    // Goal: a range runs every seed of it; its hash does not depend on which core was first.
    [Theory]
    [InlineData("7..12", "6 of 6 seeds")]
    [InlineData("7..7", "1 of 1 seeds")]
    public async Task A_range_of_seeds_prints_the_range_first_and_the_hash_last(string range, string done)
    {
        string first = await SucceedAsync($"simulate --seeds {range} --duration 1s");
        string second = await SucceedAsync($"simulate --seeds {range} --duration 1s");

        Assert.StartsWith($"seeds {range}\n", first, StringComparison.Ordinal);
        Assert.Contains(done, first, StringComparison.Ordinal);
        string hash = first.TrimEnd('\n').Split('\n')[^1];
        Assert.Matches("^trace [0-9a-f]{32}$", hash);
        Assert.EndsWith($"{hash}\n", second, StringComparison.Ordinal);
    }

    // Goal: a failure among many seeds is run again in a fresh process before it is told, and ends the campaign.
    [Fact]
    public async Task A_failure_in_a_range_is_seen_again_in_a_fresh_process()
    {
        (string text, _) = await InProcess.EndAsync(
            1, _folder.Path, null, "simulate", "--seeds", "7..9", "--servers", "1", "--duration", "1s", "--faults", "bridge");

        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal("seed 7", lines[2]);
        Assert.Contains(lines, line => line.StartsWith("FAILED after ", StringComparison.Ordinal));
        Assert.Equal("seen again in a fresh process", lines[^2]);
        Assert.Matches("^trace [0-9a-f]{32}$", lines[^1]);
    }

    // Goal: worlds that are run twice are the same run, and what is printed is that of one.
    [Fact]
    public async Task Worlds_that_run_twice_print_what_one_run_prints()
    {
        string once = await SucceedAsync("simulate --seed 44 --duration 2s");
        Assert.Equal(once, await SucceedAsync("simulate --seed 44 --duration 2s --twice"));
    }

    // Goal: Ctrl+C ends a campaign in good order: it says how far it came, and that it did not come to its end.
    [Fact]
    public async Task An_interrupted_range_says_how_far_it_came()
    {
        await using InProcess run = InProcess.Start(
            _folder.Path, "simulate", "--seeds", $"0..{ulong.MaxValue}", "--duration", "1s");
        await run.Out.WaitForAsync("seeds 0..");

        Assert.Equal(1, await run.InterruptAsync());
        Assert.Contains(" of 18446744073709551616 seeds", run.Out.Text, StringComparison.Ordinal);
        Assert.EndsWith("interrupted: not all seeds have run\n", run.Error.Text, StringComparison.Ordinal);
    }

    // Goal: the hash of each seed is written, in order, and is that of the seed alone.
    [Fact]
    public async Task The_hashes_of_a_range_are_written_to_a_file()
    {
        await SucceedAsync("simulate --seeds 5..7 --duration 1s --hashes all.txt");
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "all.txt"));
        Assert.Equal(3, lines.Length);
        for (int i = 0; i < 3; i++)
        {
            string alone = await SucceedAsync($"simulate --seed {5 + i} --duration 1s");
            Assert.Equal($"{5 + i} {alone.TrimEnd('\n').Split("\ntrace ")[1]}", lines[i]);
        }
    }

    // Goal: a bound on times fails a run that breaks it, by name and with the bound in the replay command, and a range by all
    // of its worlds together; one that is met changes nothing.
    [Fact]
    public async Task A_bound_on_times_fails_what_breaks_it()
    {
        string free = await SucceedAsync("simulate --seed 6 --duration 5s --faults none");
        string[] met = ["simulate", "--seed", "6", "--duration", "5s", "--faults", "none", "--require", "commands max <= 10s"];
        string[] broken = [.. met[..^1], "commands p50 <= 1us"];
        Assert.Equal((free, ""), await InProcess.EndAsync(0, _folder.Path, null, met));
        (string text, _) = await InProcess.EndAsync(1, _folder.Path, null, broken);
        Assert.Contains(": required: commands p50 <= 1µs was asked for, but it was ", text, StringComparison.Ordinal);
        Assert.Contains(" --require 'commands p50 <= 1µs'\ntrace ", text, StringComparison.Ordinal);
        string[] range = ["simulate", "--seeds", "6..9", "--duration", "5s", "--faults", "none"];
        await InProcess.EndAsync(0, _folder.Path, null, [.. range, "--require", "commands max <= 10s"]);
        (_, string error) = await InProcess.EndAsync(1, _folder.Path, null, [.. range, "--require", "commands p50 <= 1us"]);
        Assert.Contains("FAILED: commands p50 <= 1µs was asked for, but it was ", error, StringComparison.Ordinal);
    }

    // Goal: a trace tells the run line by line, and writing it changes nothing.
    [Fact]
    public async Task A_trace_is_written_to_a_file_and_changes_nothing()
    {
        string silent = await SucceedAsync("simulate --seed 43 --duration 2s");
        string told = await SucceedAsync("simulate --seed 43 --duration 2s --trace run.txt");

        Assert.Equal(silent, told);
        string trace = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "run.txt"));
        Assert.Contains(" ClusterFormed: ", trace, StringComparison.Ordinal);
    }

    // Goal: what is wrong is told in one line that names the value and the rule, like everywhere else.
    [Theory]
    [InlineData("simulate", "give one of --seed N, --seeds A..B and --scenario FILE")]
    [InlineData("simulate --seed 1 --seeds 1..2", "give one of --seed N, --seeds A..B and --scenario FILE")]
    [InlineData(
        "simulate --seed 1 --scenario s",
        "--scenario s: the file says all; of the other options only --trace, --html and --shrink go with it")]
    [InlineData("simulate --seed x", "--seed x: must be a whole number from 0 to 18446744073709551615")]
    [InlineData("simulate --seed -1", "--seed -1: must be a whole number from 0 to 18446744073709551615")]
    [InlineData(
        "simulate --seeds 5..4",
        "--seeds 5..4: must be A..B, two whole numbers from 0 to 18446744073709551615, the smaller one first")]
    [InlineData(
        "simulate --seeds 5",
        "--seeds 5: must be A..B, two whole numbers from 0 to 18446744073709551615, the smaller one first")]
    [InlineData("simulate --seeds 1..2 --trace t", "--trace t: goes with --seed only")]
    [InlineData("simulate --seed 1 --hashes h", "--hashes h: goes with --seeds only")]
    [InlineData(
        "simulate --seed 1 --require fast",
        "--require fast: must be commands, failovers or standstill, then p1 to p99 or max, then <= and a time above 0, such as "
        + "'commands p99 <= 200ms' or 'standstill max <= 5s'")]
    [InlineData("simulate --seed 1 --servers 0", "--servers 0: must be a whole number from 1 to 1000")]
    [InlineData("simulate --seed 1 --zones x", "--zones x: must be a whole number from 0 to 100")]
    [InlineData("simulate --seed 1 --zones 101", "--zones 101: must be a whole number from 0 to 100")]
    [InlineData("simulate --seed 1 --servers 1001", "--servers 1001: must be a whole number from 1 to 1000")]
    [InlineData(
        "simulate --seed 1 --duration 5", "--duration 5: must be a time above 0 and up to 8760h, such as 90s or 10m")]
    [InlineData(
        "simulate --seed 1 --duration -5s",
        "--duration -5s: must be a time above 0 and up to 8760h, such as 90s or 10m")]
    public async Task What_is_wrong_is_told_in_one_line(string command, string line)
    {
        Assert.Equal($"error: {line}", await InProcess.FailAsync(_folder.Path, null, command.Split(' ')));
    }

    // Goal: an unknown fault is told with what there is.
    [Fact]
    public async Task An_unknown_fault_is_told_with_the_choice()
    {
        string line = await InProcess.FailAsync(
            _folder.Path, null, "simulate", "--seed", "1", "--faults", "crash,flood");

        Assert.StartsWith("error: --faults crash,flood: 'flood' is not a fault: use all, none, or some of drop, ", line,
            StringComparison.Ordinal);
    }

    // Goal: a trace that cannot be written is told before anything runs.
    [Fact]
    public async Task A_trace_that_cannot_be_written_is_told_in_one_line()
    {
        string line = await InProcess.FailAsync(
            _folder.Path, null, "simulate", "--seed", "1", "--trace", "no/such/folder/t");

        Assert.StartsWith("error: --trace no/such/folder/t: ", line, StringComparison.Ordinal);
    }

    // Goal: a scenario is a run like that of a seed: the seed first, the hash last, twice the same, and with a trace.
    [Fact]
    public async Task A_scenario_is_run_from_its_file()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.Path, "cut.scenario"), "seed 7\nfor 5s\nat 2s isolate leader\nat 4s expect leader\n");
        string silent = await SucceedAsync("simulate --scenario cut.scenario");
        string told = await SucceedAsync("simulate --scenario cut.scenario --trace run.txt");

        Assert.Equal(silent, told);
        Assert.StartsWith("seed 7\nmade of: ", silent, StringComparison.Ordinal);
        Assert.Contains("\n3 servers, ", silent, StringComparison.Ordinal);
        Assert.Matches("\ntrace [0-9a-f]{32}\n$", silent);
        Assert.Contains(
            "\n2s scenario: at 2s isolate leader\n",
            await File.ReadAllTextAsync(Path.Combine(_folder.Path, "run.txt")),
            StringComparison.Ordinal);
    }

    // Goal: an expectation that is not met ends with 1, says which, and how to see it again.
    [Fact]
    public async Task A_scenario_that_fails_says_why_and_how_to_repeat_it()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "s.scenario"), "at 2s expect voters 5\n");
        (string text, _) = await InProcess.EndAsync(1, _folder.Path, null, "simulate", "--scenario", "s.scenario");

        Assert.Contains(
            "\nFAILED after 2s: scenario: expect voters 5: but there are 3\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\nreplay: dotnet run --project src/RaftSim.Cli -- simulate --scenario s.scenario\n", text, StringComparison.Ordinal);
    }

    // Goal: what is not right in a scenario is told with file, line, value and rule; so is a file that is not there.
    [Fact]
    public async Task A_scenario_that_cannot_be_read_is_told_in_one_line()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "s.scenario"), "seed 1\nservers 0\n");
        Assert.Equal(
            "error: --scenario s.scenario: line 2: servers 0: must be a whole number from 1 to 1000",
            await InProcess.FailAsync(_folder.Path, null, "simulate", "--scenario", "s.scenario"));
        Assert.StartsWith(
            "error: --scenario none.scenario: ",
            await InProcess.FailAsync(_folder.Path, null, "simulate", "--scenario", "none.scenario"),
            StringComparison.Ordinal);
    }

    // Goal: a run that does not fail has nothing to shrink, says so, and ends with 0.
    [Fact]
    public async Task A_seed_that_does_not_fail_has_nothing_to_shrink()
    {
        string text = await SucceedAsync("simulate --seed 44 --duration 2s --shrink left");

        Assert.Contains("\nnothing to shrink: no promise was broken\n", text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "left")));
    }

    // Goal: what is left of a failure is written as a scenario that fails the same way, a test and a trace, also of a range.
    [Theory]
    [InlineData("--seed 7")]
    [InlineData("--seeds 7..9")]
    public async Task What_is_left_of_a_failure_is_written_to_a_folder(string seeds)
    {
        string[] command =
            $"simulate {seeds} --servers 1 --duration 1s --faults bridge --shrink left".Split(' ');
        (string text, _) = await InProcess.EndAsync(1, _folder.Path, null, command);

        string file = Path.Combine("left", "seed-7.scenario");
        Assert.Contains(
            $"\nreplay: dotnet run --project src/RaftSim.Cli -- simulate --scenario {file}\n", text, StringComparison.Ordinal);
        (string again, _) = await InProcess.EndAsync(1, _folder.Path, null, "simulate", "--scenario", file);
        Assert.Equal(text.TrimEnd('\n').Split('\n')[^1], again.TrimEnd('\n').Split('\n')[^1]);
        string test = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "left", "Seed7Tests.cs"));
        Assert.Contains("SimWorld.Swarm(7, 1, FaultPlan.Of(FaultKind.Bridge))", test, StringComparison.Ordinal);
        string trace = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "left", "seed-7.trace"));
        Assert.Contains(" FAILED never-struck: ", trace, StringComparison.Ordinal);
    }

    // Goal: a folder that cannot be made is told before anything runs.
    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told_in_one_line()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "file"), "");
        string line = await InProcess.FailAsync(_folder.Path, null, "simulate", "--seed", "1", "--shrink", "file/left");

        Assert.StartsWith("error: --shrink file/left: ", line, StringComparison.Ordinal);
    }

    private async Task<string> SucceedAsync(string command)
    {
        await using InProcess run = InProcess.Start(_folder.Path, command.Split(' '));
        Assert.Equal(0, await run.Exit.WaitAsync(Quick.SafetyNet));
        return run.Out.Text;
    }
}

using System.Text.Json;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary><c>raftsim simulate --html</c>: the page of a run is written to a file, and changes nothing about the run.</summary>
public sealed class SimulateHtmlTests : IDisposable
{
    private const string DataBegins = "<script id=\"run\" type=\"application/json\">";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: a seed writes its page, and prints what it prints without: the run is the same.
    [Fact]
    public async Task A_seed_writes_its_page_and_is_the_same_run()
    {
        string silent = await SucceedAsync("simulate --seed 43 --duration 2s");
        Assert.Equal(silent, await SucceedAsync("simulate --seed 43 --duration 2s --html run.html"));
        JsonElement run = ReadPage("run.html");
        Assert.Equal("43", run.GetProperty("seed").GetString());
        Assert.Equal(silent.TrimEnd('\n').Split('\n')[^1], $"trace {run.GetProperty("trace").GetString()}");
        Assert.True(run.GetProperty("messages").GetProperty("t").GetArrayLength() > 0);
    }

    // Goal: a scenario writes its page, too, with what the script does; also where it fails.
    [Theory]
    [InlineData("expect leader", 0)]
    [InlineData("expect voters 5", 1)]
    public async Task A_scenario_writes_its_page(string expectation, int exit)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.Path, "cut.scenario"), $"seed 7\nfor 5s\nat 2s isolate leader\nat 4s {expectation}\n");
        (string text, _) = await InProcess.EndAsync(
            exit, _folder.Path, null, "simulate", "--scenario", "cut.scenario", "--html", "run.html", "--trace", "run.txt");
        JsonElement run = ReadPage("run.html");
        Assert.Contains(
            "scenario: at 2s isolate leader", run.GetProperty("texts").EnumerateArray().Select(one => one.GetString()));
        Assert.EndsWith("simulate --scenario cut.scenario", run.GetProperty("replay").GetString(), StringComparison.Ordinal);
        Assert.Equal(exit == 0, run.GetProperty("violation").ValueKind == JsonValueKind.Null);
        Assert.EndsWith($"trace {run.GetProperty("trace").GetString()}\n", text, StringComparison.Ordinal);
    }

    // Goal: what is left of a failure is there as a page beside the scenario, and a range writes the page of the seed that fails.
    [Fact]
    public async Task What_is_left_of_a_failure_is_there_as_a_page()
    {
        (string text, _) = await InProcess.EndAsync(
            1,
            _folder.Path,
            null,
            "simulate --seeds 7..9 --servers 1 --duration 1s --faults bridge --shrink left --html whole.html".Split(' '));
        JsonElement left = ReadPage(Path.Combine("left", "seed-7.html"));
        Assert.Equal("never-struck", left.GetProperty("violation").GetProperty("checker").GetString());
        JsonElement whole = ReadPage("whole.html");
        Assert.Equal("7", whole.GetProperty("seed").GetString());
        Assert.EndsWith($"trace {whole.GetProperty("trace").GetString()}\n", text, StringComparison.Ordinal);
    }

    // Goal: a page that cannot be written is told in one line with its path, before anything runs; so is one of no single seed.
    [Theory]
    [InlineData("--seed 1 --html no/such/folder/p.html", "error: --html no/such/folder/p.html: ")]
    [InlineData("--seeds 1..2 --shrink left --html no/such/folder/p.html", "error: --html no/such/folder/p.html: ")]
    [InlineData(
        "--seeds 1..2 --html p.html",
        "error: --html p.html: goes with --seed and --scenario; with --seeds only beside --shrink, for the seed that fails")]
    public async Task A_page_that_cannot_be_written_is_told_in_one_line(string options, string line)
    {
        string told = await InProcess.FailAsync(_folder.Path, null, $"simulate {options}".Split(' '));
        Assert.StartsWith(line, told, StringComparison.Ordinal);
    }

    // Goal: a range in which nothing fails leaves no page behind, and one that was there before stays.
    [Fact]
    public async Task A_range_in_which_nothing_fails_writes_no_page()
    {
        await SucceedAsync("simulate --seeds 43..43 --duration 1s --shrink left --html run.html");
        Assert.False(File.Exists(Path.Combine(_folder.Path, "run.html")));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "run.html"), "old");
        await SucceedAsync("simulate --seeds 43..43 --duration 1s --shrink left --html run.html");
        Assert.Equal("old", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "run.html")));
    }

    private JsonElement ReadPage(string file)
    {
        string page = File.ReadAllText(Path.Combine(_folder.Path, file));
        int start = page.IndexOf(DataBegins, StringComparison.Ordinal) + DataBegins.Length;
        return JsonDocument.Parse(page[start..page.IndexOf("</script>", start, StringComparison.Ordinal)]).RootElement;
    }

    private async Task<string> SucceedAsync(string command)
    {
        await using InProcess run = InProcess.Start(_folder.Path, command.Split(' '));
        Assert.Equal(0, await run.Exit.WaitAsync(Quick.SafetyNet));
        return run.Out.Text;
    }
}

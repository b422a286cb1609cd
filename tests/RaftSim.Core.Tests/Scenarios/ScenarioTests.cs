using System.Text;
using Xunit.Sdk;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>Stories of Raft, in the files beside this one. docs/SCENARIOS.md tells how to write and update them.</summary>
public sealed class ScenarioTests
{
    private const int StoriesMin = 40;

    public static TheoryData<string> Stories => new(Files().Select(f => Path.GetFileName(f)!));

    // Goal: every story goes as it is written, and the five properties of figure 3.2 hold after each of its events.
    [Theory]
    [MemberData(nameof(Stories))]
    public void The_story_goes_as_it_is_written(string name)
    {
        string path = Path.Combine(Folder(), name);
        string text = File.ReadAllText(path);
        if (Environment.GetEnvironmentVariable("RAFTSIM_UPDATE_GOLDEN") is "1")
        {
            var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            File.WriteAllText(path, ScenarioFile.Run(name, text), utf8);
            return;
        }

        ScenarioFile.Check(name, text);
    }

    // Goal: the stories are there, and each begins with a title and says where in the dissertation it comes from.
    [Fact]
    public void Every_story_has_a_title_and_names_its_section()
    {
        string[] files = Files();
        Assert.InRange(files.Length, StoriesMin, int.MaxValue);
        Assert.All(files, f =>
        {
            string[] title = File.ReadLines(f).TakeWhile(l => l.Length > 0).ToArray();
            Assert.All(title, l => Assert.StartsWith("# ", l));
            Assert.Contains(title, l => l.Contains('§'));
        });
    }

    // Goal: a story whose expectation is not met fails and says where; otherwise none of this would prove anything.
    [Fact]
    public void A_changed_expectation_fails()
    {
        const string Story = "# Two servers. §3.4\n\ncluster voters=2\n----\ns1 s2 Follower term=1 log=1@1 commit=0\n"
            + "s1 s2 configuration 1: voters s1 s2\n";
        ScenarioFile.Check("good.txt", Story);

        string changed = Story.Replace("commit=0", "commit=1");
        FailException e = Assert.Throws<FailException>(() => ScenarioFile.Check("bad.txt", changed));
        Assert.StartsWith("bad.txt:5: expected 's1 s2 Follower term=1 log=1@1 commit=1', got", e.Message);

        // A line too few and a line too many are found as well.
        string shorter = Story[..(Story.TrimEnd('\n').LastIndexOf('\n') + 1)];
        Assert.Throws<FailException>(() => ScenarioFile.Check("bad.txt", shorter));
        Assert.Throws<FailException>(() => ScenarioFile.Check("bad.txt", Story + "s3 is here, too\n"));
    }

    // Goal: a slip of the pen is refused with file and line, and never passed over.
    [Theory]
    [InlineData("elcet 1", "'elcet' is no command; there are: add applied")]
    [InlineData("elect", "elect: a server is missing")]
    [InlineData("elect x", "elect: a server is a number, not 'x'")]
    [InlineData("elect 9", "there is no server 9")]
    [InlineData("elect 1 2", "elect does not know what to do with '2'")]
    [InlineData("settle at=1", "settle does not know what to do with 'at'")]
    [InlineData("add 4 at=1 at=2", "at is given twice")]
    [InlineData("promote 2", "nobody leads: say who is asked with at=N")]
    [InlineData("run 5", "run: a length of time is a length of time such as 100ms, not '5'")]
    [InlineData("cut 1->9", "there is no server s9")]
    [InlineData("deliver 1->2", "no message on its way matches")]
    [InlineData("deliver Votes", "deliver does not know what to do with 'Votes'")]
    [InlineData("release", "no message that is held matches")]
    [InlineData("cluster voters=3", "a scenario has one cluster")]
    [InlineData("start 1", "s1 is up already")]
    [InlineData("wipe 1", "s1 must be down before its disk is replaced")]
    [InlineData("write 1", "s1 has no write under way that hangs")]
    [InlineData("crash 1 writes=1", "s1 has only 0 writes under way")]
    [InlineData("unstall 1", "the disk of s1 does not hang")]
    [InlineData("progress 1", "s1 does not lead")]
    public void A_command_that_is_not_understood_is_refused(string command, string problem)
    {
        string story = $"# Wrong.\n\ncluster voters=3\n----\n\n{command}\n----\n";
        FormatException e = Assert.Throws<FormatException>(() => ScenarioFile.Run("wrong.txt", story));
        Assert.StartsWith($"wrong.txt:6: {problem}", e.Message);
    }

    // Goal: a file without the line of dashes where it belongs is refused, not half read.
    [Theory]
    [InlineData("settle\n----\n", "x.txt:1: a scenario begins with the command cluster")]
    [InlineData("----\n", "x.txt:1: there is no command above the dashes")]
    [InlineData("cluster voters=1\n\nelect 1\n----\n", "x.txt:2: ---- is missing below the commands")]
    [InlineData("cluster voters=1\n", "x.txt:1: ---- is missing below the commands")]
    public void A_file_that_is_not_a_scenario_is_refused(string text, string problem)
    {
        FormatException e = Assert.Throws<FormatException>(() => ScenarioFile.Run("x.txt", text));
        Assert.Equal(problem, e.Message);
    }

    // Goal: the page about the language and the stories know every command there is.
    [Fact]
    public void Every_command_is_documented_and_used()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "SCENARIOS.md"));
        var used = Files().SelectMany(f => File.ReadLines(f)).Select(l => l.Split(' ')[0]).ToHashSet();
        Assert.All(new ScenarioCommands().Names, name =>
        {
            Assert.Contains($"`{name}", page);
            Assert.Contains(name, used);
        });
    }

    private static string[] Files() =>
        [.. Directory.GetFiles(Folder(), "*.txt").Order(StringComparer.Ordinal)];

    private static string Folder() => Path.Combine(Root(), "tests", "RaftSim.Core.Tests", "Scenarios");

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RaftSim.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No RaftSim.sln above {AppContext.BaseDirectory}.");
    }
}

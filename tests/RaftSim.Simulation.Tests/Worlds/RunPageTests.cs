using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using RaftSim.Simulation.Recording;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>The page that shows a run: one document that needs nothing else.</summary>
public sealed partial class RunPageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Goal: the page is one whole document whose parts all close; its data are JSON; and no place of the frame is left open.
    [Fact]
    public void The_page_is_one_document_with_its_data()
    {
        string page = Write(out SimWorld world);
        string frame = Blocks().Replace(Declaration().Replace(page, ""), "<${name}></${name}>");
        XElement html = XDocument.Parse(frame.Replace("&", "+")).Root!;
        Assert.Equal("html", html.Name.LocalName);
        Assert.Equal($"RaftSim seed {world.Seed}", html.Element("head")!.Element("title")!.Value);
        using JsonDocument data = JsonDocument.Parse(Data().Match(page).Groups["json"].Value);
        Assert.Equal(world.Seed.ToString(), data.RootElement.GetProperty("seed").GetString());
        Assert.DoesNotContain("{{", page.Replace(Data().Match(page).Value, ""), StringComparison.Ordinal);
    }

    // Goal: whoever opens the page asks nobody for anything: no address, no file, no style or script from elsewhere.
    [Fact]
    public void The_page_needs_nothing_from_elsewhere() => Assert.DoesNotMatch(Elsewhere(), Write(out _));

    // Goal: what a message for people says cannot end the block of data, whatever it is.
    [Fact]
    public void Words_of_a_run_do_not_end_its_data()
    {
        const string Words = "</script><script>alert(\"1\" & '2')</script>\\ \u2028 \u00e9 \ud83d\ude00\n";
        SimWorld world = new(seed: 21) { Record = new RunRecord() };
        world.Say(Words);
        using StringWriter text = new();
        world.Record.WriteHtml(text);
        using JsonDocument data = JsonDocument.Parse(Data().Match(text.ToString()).Groups["json"].Value);
        Assert.Contains(
            Words, data.RootElement.GetProperty("texts").EnumerateArray().Select(one => one.GetString()));
    }

    // Goal: everything that can be used is named for those who do not see it.
    [Fact]
    public void Whatever_can_be_used_has_a_name()
    {
        string page = Write(out _);
        Assert.All(Button().Matches(page), button => Assert.True(
            button.Value.Contains("aria-label=", StringComparison.Ordinal) || Letters().IsMatch(button.Groups["text"].Value),
            button.Value));
        Assert.All(Canvas().Matches(page), canvas => Assert.Contains("aria-label=", canvas.Value, StringComparison.Ordinal));
        Assert.Contains("aria-live=", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Contains(":focus-visible", page, StringComparison.Ordinal);
    }

    // Goal: the script finds every part of the page that it asks for by name.
    [Fact]
    public void Every_part_that_the_script_asks_for_is_there()
    {
        string page = Write(out _);
        string[] asked = [.. Asked().Matches(page).Select(match => match.Groups["id"].Value).Distinct(StringComparer.Ordinal)];
        Assert.NotEmpty(asked);
        Assert.All(asked, id => Assert.Contains($" id=\"{id}\"", page, StringComparison.Ordinal));
    }

    // Goal: the script reads no field that is not written, and every field that is written is read.
    [Fact]
    public void The_script_reads_what_is_written()
    {
        string page = Write(out _);
        using JsonDocument data = JsonDocument.Parse(Data().Match(page).Groups["json"].Value);
        SortedSet<string> written = new(StringComparer.Ordinal);
        foreach (JsonProperty property in data.RootElement.EnumerateObject())
        {
            written.Add(property.Name);
            written.UnionWith(property.Value.ValueKind == JsonValueKind.Object
                ? property.Value.EnumerateObject().Select(column => column.Name)
                : []);
        }

        IEnumerable<string> read = Field().Matches(page)
            .SelectMany(match => (string[])[match.Groups["first"].Value, match.Groups["last"].Value])
            .Where(name => name is not ("" or "length"));
        Assert.Equal(written, new SortedSet<string>(read, StringComparer.Ordinal));
    }

    // Goal: whatever a server or a request can become has a word on the page.
    [Theory]
    [InlineData("States", typeof(LaneState))]
    [InlineData("Outcomes", typeof(RequestOutcome))]
    public void Every_state_has_a_word(string list, Type states)
    {
        string words = Regex.Match(Write(out _), $@"const {list} = \[(?<words>[^\]]*)\];", RegexOptions.None, Patience)
            .Groups["words"].Value;
        Assert.Equal(Enum.GetValues(states).Length, words.Split("\", \"").Length);
    }

    private static string Write(out SimWorld world)
    {
        world = SimWorld.Swarm(22, 3, FaultPlan.Of(FaultKind.Crash, FaultKind.Drop), zones: 0);
        world.Record = new RunRecord();
        world.Run(Duration.Seconds(5));
        using StringWriter text = new();
        world.Record.WriteHtml(text);
        return text.ToString();
    }

    [GeneratedRegex(@"\braw\.(?<first>\w+)(\.(?<last>\w+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex Field();

    [GeneratedRegex("<!DOCTYPE html>\n")]
    private static partial Regex Declaration();

    [GeneratedRegex("<(?<name>script|style)[^>]*>.*?</\\k<name>>", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("<script id=\"run\" type=\"application/json\">(?<json>.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data();

    [GeneratedRegex(@"https?:|//\w+\.\w|<link|\bsrc=|\bhref=|@import|\burl\(|\bfetch\(|XMLHttpRequest|\bimport\(|WebSocket")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("<button(?<rest>[^>]*)>(?<text>[^<]*)</button>")]
    private static partial Regex Button();

    [GeneratedRegex("[a-z]{3}")]
    private static partial Regex Letters();

    [GeneratedRegex("<canvas[^>]*>")]
    private static partial Regex Canvas();

    [GeneratedRegex("(?:byId|getElementById)\\(\"(?<id>[^\"]+)\"\\)")]
    private static partial Regex Asked();
}

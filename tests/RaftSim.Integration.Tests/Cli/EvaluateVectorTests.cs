using System.Text.Encodings.Web;
using System.Text.Json.Nodes;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>Every published case that concerns the engine, asked on the command line and answered as JSON.</summary>
public sealed class EvaluateVectorTests
{
    // Goal: the answer is what the table expects, and nothing more. Pruning is v0.1.6; reconcile is v0.3.0, for which the cases
    // of v0.1.6 hold, too.
    [Theory]
    [InlineData("next-state", 7, "")]
    [InlineData("stable-promoter", 5, "")]
    [InlineData("reconcile", 7, "v0.3.0 v0.1.6")]
    [InlineData("prune-dead-servers", 6, "v0.1.6")]
    [InlineData("failure-tolerance", 13, "")]
    [InlineData("voter-order", 3, "")]
    [InlineData("is-healthy", 11, "")]
    public async Task Every_published_case_is_answered_as_expected(string table, int count, string engines)
    {
        IReadOnlyList<(string Name, JsonObject Input, JsonNode Expected)> cases = EvaluateCases.Of(table, engines.Split(' '));
        Assert.Equal(count, cases.Count);

        (int exit, string output, _) = await EvaluateCases.AskAsync(
            table, string.Join('\n', cases.Select(one => one.Input.ToJsonString())));

        Assert.Equal(0, exit);
        string[] answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(cases.Count, answers.Length);
        foreach (((string name, _, JsonNode expected), string answer) in cases.Zip(answers))
        {
            JsonNode given = JsonNode.Parse(answer)!;
            Sort(given["promotions"]);
            Sort(expected["promotions"]);
            Assert.True(JsonNode.DeepEquals(expected, given), $"{name}: {answer}");
        }
    }

    // Goal: whatever stands in a line, it is answered or refused by one line that names the place and the rule. In a case of
    // every table, each member (of those of one name, the first) is exchanged for values that it may not be ready for.
    [Theory]
    [InlineData("next-state", "state-overrides")]
    [InlineData("stable-promoter", "derived-young-autopilot-ignores-stabilization")]
    [InlineData("reconcile", "v0.3.0-ignore-failed-nonvoter-promote-one-and-filter-others-and-demotions")]
    [InlineData("prune-dead-servers", "v0.1.6-derived-3-voters-1-failed-min3")]
    [InlineData("failure-tolerance", "derived-5-voters-4-healthy")]
    [InlineData("voter-order", "derived-newer-unhealthy-first")]
    [InlineData("is-healthy", "derived-negative-threshold-makes-leader-unhealthy")]
    public async Task Whatever_a_line_holds_is_answered_or_refused_in_one_line(string table, string name)
    {
        string[] values =
        [
            "null", "true", "7", "-1", "1e400", "18446744073709551615", "-9223372036854775808", "\"\"", "\"\\ud800\"", "[null]",
            "{\"x\":{}}", "\"9999-12-31T23:59:59Z\"",
        ];
        JsonObject input = EvaluateCases.Of(table, ["v0.3.0", "v0.1.6"]).Single(one => one.Name == name).Input;
        int answered = 0;
        int refused = 0;
        foreach (string line in Changed(input, values))
        {
            (int exit, string output, string error) = await EvaluateCases.AskAsync(table, line);
            if (exit == 0)
            {
                answered++;
                Assert.NotNull(JsonNode.Parse(output));
            }
            else
            {
                refused++;
                Assert.Matches(@"\Aerror: line 1: [^\n]+: must [^\n]+\n\z", error);
                Assert.Equal(error, $"error: {EvaluateCases.ErrorOf(output)}\n");
            }
        }

        Assert.True(answered > 0 && refused > 0, $"{answered} answered, {refused} refused");
    }

    // No JSON library would write some of the values, so they are put in as text.
    private static IEnumerable<string> Changed(JsonObject input, string[] values)
    {
        const string Mark = "<here>";
        foreach ((int i, _) in Parts(input).Index().Skip(1).DistinctBy(part => NameOf(part.Item)))
        {
            JsonNode changed = input.DeepClone();
            Parts(changed).ElementAt(i).ReplaceWith(Mark);
            string line = changed.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            foreach (string value in values)
            {
                yield return line.Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
            }
        }
    }

    private static IEnumerable<JsonNode> Parts(JsonNode node)
    {
        IEnumerable<JsonNode?> inner = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return inner.OfType<JsonNode>().SelectMany(Parts).Prepend(node);
    }

    private static string NameOf(JsonNode node) => node.Parent is JsonObject ? node.GetPropertyName() : "";

    private static void Sort(JsonNode? list)
    {
        if (list is JsonArray array)
        {
            string[] ids = [.. array.Select(id => id!.GetValue<string>()).Order(StringComparer.Ordinal)];
            array.ReplaceWith(new JsonArray([.. ids.Select(id => JsonValue.Create(id))]));
        }
    }
}

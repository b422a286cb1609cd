using System.Text.Json.Nodes;
using RaftSim.Cli;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The published cases as lines for <c>raftsim autopilot evaluate</c>.</summary>
internal static class EvaluateCases
{
    /// <summary>The cases of a table that hold for one of the revisions or for all, the table's settings put into each.</summary>
    public static IReadOnlyList<(string Name, JsonObject Input, JsonNode Expected)> Of(string table, string[] engines)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Vectors", $"{table}.json");
        JsonObject root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var cases = new List<(string, JsonObject, JsonNode)>();
        foreach (JsonNode? one in root["cases"]!.AsArray())
        {
            if (one!["engine"] is { } engine && !engines.Contains(engine.GetValue<string>()))
            {
                continue;
            }

            JsonObject input = one["input"]!.DeepClone().AsObject();
            if (root["config"] is { } config)
            {
                input["config"] = config.DeepClone();
            }

            cases.Add((one["name"]!.GetValue<string>(), input, one["expected"]!.DeepClone()));
        }

        return cases;
    }

    /// <summary>The error in an answer that has nothing else.</summary>
    public static string ErrorOf(string answer)
    {
        (string name, JsonNode? error) = Assert.Single(JsonNode.Parse(answer)!.AsObject());
        Assert.Equal("error", name);
        return error!.GetValue<string>();
    }

    /// <summary>Asks, without a thread of its own.</summary>
    public static async Task<(int Exit, string Out, string Error)> AskAsync(string table, string lines)
    {
        await using StringWriter output = new();
        await using StringWriter error = new();
        Terminal terminal = new()
        {
            In = new StringReader(lines),
            Out = output,
            Error = error,
            Folder = AppContext.BaseDirectory,
        };
        int exit = await CommandLine.RunAsync(["autopilot", "evaluate", "--table", table], terminal);
        return (exit, output.ToString(), error.ToString());
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>Where a cluster has its autopilot settings from. Source: the published table config; Nomad's agent.</summary>
public sealed class AutopilotSettingsTests : IDisposable
{
    private const string Path = "/v1/operator/autopilot/configuration";

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly SortedDictionary<string, string> _environment = new(StringComparer.Ordinal);

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    // Goal: the published case merge-agent-config: the file is its base, the environment lies over it.
    [Fact]
    public async Task A_stronger_source_overrides_what_it_sets()
    {
        JsonObject input = Published("merge-agent-config", out JsonNode expected);
        JsonObject file = [];
        foreach ((string name, string value) in Texts(input["base"]!))
        {
            file[name] = value;
        }

        Configure(file);
        foreach ((string name, string value) in Texts(input["override"]!))
        {
            _environment[VariableOf(name)] = value;
        }

        (JsonNode settings, string error) = await SettingsAsync("--ephemeral");

        Assert.Equal("", error);
        foreach ((string name, string value) in Texts(expected["result"]!))
        {
            Assert.Equal($"{name} {value}", $"{name} {settings[name]}");
        }
    }

    // Goal: the published case flags-set: each kind of option beats what was set before, and is written as Go writes it.
    [Fact]
    public async Task An_option_beats_what_was_set_before()
    {
        JsonObject input = Published("flags-set", out JsonNode expected);
        (string Flag, string Option, string Name)[] kinds =
        [
            ("b", "--cleanup-dead-servers", "CleanupDeadServers"),
            ("d", "--server-stabilization-time", "ServerStabilizationTime"),
            ("u", "--max-trailing-logs", "MaxTrailingLogs"),
        ];
        JsonObject file = [];
        foreach ((string flag, _, string name) in kinds)
        {
            JsonNode before = input["before"]![flag]!;
            file[name] = flag == "d" ? $"{new Duration(before.GetValue<long>())}" : $"{before}";
        }

        Configure(file);
        IEnumerable<string> args = input["args"]!.AsArray().Select(arg =>
            kinds.FirstOrDefault(kind => $"-{kind.Flag}" == $"{arg}").Option ?? $"{arg}");

        (JsonNode settings, string error) = await SettingsAsync(["--ephemeral", .. args]);

        Assert.Equal("", error);
        Assert.All(kinds, kind => Assert.Equal(
            $"{kind.Name} {expected["strings"]![kind.Flag]}", $"{kind.Name} {settings[kind.Name]}"));
    }

    // Goal: the published case cli-set-config-all: Nomad's command has an option for each setting, and so have ours, of the
    // same names. There the running cluster is asked, here a first one is told; where it comes out is the same.
    [Fact]
    public async Task Each_setting_has_an_option()
    {
        JsonObject input = Published("cli-set-config-all", out JsonNode expected);

        (JsonNode settings, string error) = await SettingsAsync(
            ["--ephemeral", .. input["args"]!.AsArray().Select(arg => $"-{arg}")]);

        Assert.Equal("", error);
        Assert.All(Texts(expected["config"]!), set => Assert.Equal(set.Value, $"{settings[set.Name]}"));
    }

    // Goal: no published case is forgotten. Those of the record (store, derived) are in ClusterStateTests. cli-health and
    // cli-list-peers are about what commands of Nomad's print for people, which we do not have; what they ask for over HTTP is in
    // the table operator-http.
    [Fact]
    public void Every_published_case_is_run_or_listed()
    {
        string[] here = ["merge-agent-config", "flags-set", "cli-set-config-all"];
        string[] stored =
            ["store-set-roundtrip", "store-cas-wrong-index", "derived-store-cas-no-config", "derived-create-index-preserved"];
        string[] others = ["cli-health", "cli-list-peers"];
        Assert.Equal(
            [.. here.Concat(stored).Concat(others).Order(StringComparer.Ordinal)],
            EvaluateCases.Of("config", []).Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    // Goal: a zero lets the next source count, whichever says it, and is warned of where that makes a difference; a false does
    // not.
    [Fact]
    public async Task A_zero_counts_as_not_set_and_false_as_set()
    {
        Configure(new()
        {
            ["MinQuorum"] = 3, ["MaxTrailingLogs"] = 0, ["ServerStabilizationTime"] = "7s", ["CleanupDeadServers"] = true,
        });
        _environment["RAFTSIM_MIN_QUORUM"] = "5";
        _environment["RAFTSIM_SERVER_STABILIZATION_TIME"] = "0";
        _environment["RAFTSIM_CLEANUP_DEAD_SERVERS"] = "false";

        (JsonNode settings, string error) = await SettingsAsync(
            "--ephemeral", "--min-quorum", "0", "--last-contact-threshold", "-1s", "--enable-redundancy-zones");

        Assert.Equal(5, settings["MinQuorum"]!.GetValue<int>());
        Assert.Equal(250, settings["MaxTrailingLogs"]!.GetValue<int>());
        Assert.Equal("7s", settings["ServerStabilizationTime"]!.GetValue<string>());
        Assert.Equal("-1s", settings["LastContactThreshold"]!.GetValue<string>());
        Assert.False(settings["CleanupDeadServers"]!.GetValue<bool>());
        Assert.True(settings["EnableRedundancyZones"]!.GetValue<bool>());
        const string Rule = "0 counts as not set; only the API sets it to that";
        Assert.Equal(
            [
                $"warning: --min-quorum \"0\": {Rule}",
                $"warning: RAFTSIM_SERVER_STABILIZATION_TIME \"0\": {Rule}",
                $"warning: appsettings.json: RaftSim:MaxTrailingLogs \"0\": {Rule}",
            ],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    // Goal: what would have no effect anyway is not warned of, but what is wrong is still told, also below a zero.
    [Fact]
    public async Task A_wrong_value_below_a_zero_is_told()
    {
        Configure(new() { ["MaxTrailingLogs"] = "many", ["MinQuorum"] = 0 });

        string line = await InProcess.FailAsync(
            _folder.Path, null, "cluster", "--ephemeral", "--base-port", "0", "--min-quorum", "0", "--max-trailing-logs", "0");

        Assert.Equal(
            $"error: appsettings.json: RaftSim:MaxTrailingLogs \"many\": must be a number from 0 to {ulong.MaxValue}", line);
    }

    // Goal: once there is a replicated record, no source counts any more: the API replaces it as a whole, zeros included.
    [Fact]
    public async Task The_replicated_record_wins()
    {
        (JsonNode written, _) = await SettingsAsync("--min-quorum", "2");
        Assert.Equal(2, written["MinQuorum"]!.GetValue<int>());

        (JsonNode kept, _) = await RunAsync(
            """{"CleanupDeadServers":true,"LastContactThreshold":"3s"}""", ["--min-quorum", "4", "--max-trailing-logs", "9"]);
        Assert.Equal(2, kept["MinQuorum"]!.GetValue<int>());
        Assert.Equal(250, kept["MaxTrailingLogs"]!.GetValue<int>());

        (JsonNode replaced, _) = await SettingsAsync("--last-contact-threshold", "1s");
        Assert.Equal("3s", replaced["LastContactThreshold"]!.GetValue<string>());
        Assert.Equal(0, replaced["MaxTrailingLogs"]!.GetValue<int>());
        Assert.Equal(0, replaced["MinQuorum"]!.GetValue<int>());
    }

    private static JsonObject Published(string name, out JsonNode expected)
    {
        (_, JsonObject input, expected) = EvaluateCases.Of("config", []).Single(one => one.Name == name);
        return input;
    }

    // What is set, as texts; durations as Go writes them.
    private static IEnumerable<(string Name, string Value)> Texts(JsonNode settings) =>
        from pair in settings.AsObject()
        where pair.Value is not null
        let isSpan = pair.Key is "LastContactThreshold" or "ServerStabilizationTime"
        select (pair.Key, isSpan ? new Duration(pair.Value.GetValue<long>()).ToString() : pair.Value.ToString());

    private static string VariableOf(string name) => "RAFTSIM" + string.Concat(
        name.Select(letter => char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpper(letter, CultureInfo.InvariantCulture)}"));

    private void Configure(JsonObject settings) => File.WriteAllText(
        System.IO.Path.Combine(_folder.Path, "appsettings.json"), new JsonObject { ["RaftSim"] = settings }.ToJsonString());

    private Task<(JsonNode Settings, string Error)> SettingsAsync(params string[] options) => RunAsync(null, options);

    // Runs a cluster of one; its settings, and what it warns of. What is to replace them is put after they were read.
    private async Task<(JsonNode Settings, string Error)> RunAsync(string? put, string[] options)
    {
        bool isNew = !Directory.Exists(System.IO.Path.Combine(_folder.Path, "raftsim-data"));
        await using InProcess run = InProcess.StartWith(
            _folder.Path, _environment, ["cluster", "--servers", "1", "--base-port", "0", .. options]);
        await run.Out.WaitForAsync(isNew ? "autopilot configuration written" : "leads in term");
        string address = run.Out.Text[run.Out.Text.IndexOf("http://", StringComparison.Ordinal)..].Split(' ')[0];
        string settings = await _client.GetStringAsync(address + Path).WaitAsync(Quick.SafetyNet);
        if (put is not null)
        {
            using StringContent content = new(put);
            HttpResponseMessage answer = await _client.PutAsync(address + Path, content).WaitAsync(Quick.SafetyNet);
            answer.EnsureSuccessStatusCode();
        }

        Assert.Equal(0, await run.InterruptAsync());
        return (JsonNode.Parse(settings)!, run.Error.Text);
    }
}

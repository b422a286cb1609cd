using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>What goes into <c>raftsim autopilot evaluate</c>, and how it behaves in a pipe.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: what is wrong is told in one line that names the place, the value and the rule, in the answer and to people.
    [Theory]
    [InlineData("failure-tolerance", "5", "5: must be a JSON object")]
    [InlineData("failure-tolerance", "{\"voters\":5}", "healthy_voters: must be given")]
    [InlineData("failure-tolerance", "{\"voters\":-1}", "voters -1: must be a whole number from 0 to 2147483647")]
    [InlineData(
        "failure-tolerance", "{\"voters\":5,\"healthy_voters\":1.5}",
        "healthy_voters 1.5: must be a whole number from 0 to 2147483647")]
    [InlineData("is-healthy", "{\"node_status\":1}", "node_status 1: must be text")]
    [InlineData(
        "is-healthy", "{\"node_status\":\"alive\",\"stats\":{\"LastTerm\":18446744073709551616}}",
        "stats.LastTerm 18446744073709551616: must be a whole number from 0 to 18446744073709551615")]
    [InlineData(
        "is-healthy", "{\"node_status\":\"alive\",\"stats\":{\"LastContact\":\"5\"}}",
        "stats.LastContact \"5\": must be whole nanoseconds, or a duration such as 200ms, 10s or 1m30s")]
    [InlineData(
        "voter-order", "{\"servers\":[{\"id\":\"a\",\"since\":\"2020-01-01 00:00:00Z\"}]}",
        "servers[0].since \"2020-01-01 00:00:00Z\": must be an RFC 3339 time from 1678 to 2261, or 0001-01-01T00:00:00Z")]
    [InlineData(
        "voter-order", "{\"servers\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "servers[1].id \"a\": must not be listed twice")]
    [InlineData("voter-order", "{\"servers\":{\"a\":{}}}", "servers {\"a\":{}}: must be an array")]
    [InlineData("stable-promoter", "{\"servers\":[]}", "servers []: must be an object")]
    [InlineData("reconcile", "{\"changes\":{\"Promotions\":[\"\"]}}",
        "changes.Promotions[0] \"\": must be the id of a server, not empty")]
    [InlineData(
        "reconcile", "{\"state\":{\"Servers\":{\"a\":{\"Server\":{\"ID\":\"b\"}}}}}",
        "state.Servers.a.Server.ID \"b\": must be the id that it is listed under")]
    [InlineData("next-state", "{\"RaftConfig\":{\"Servers\":[]}}", "Now: must be given")]
    [InlineData(
        "prune-dead-servers", "{\"cleanup_dead_servers\":\"yes\"}", "cleanup_dead_servers \"yes\": must be true or false")]
    [InlineData(
        "prune-dead-servers", "{\"raft_servers\":[{\"ID\":\"a\",\"Suffrage\":3}]}",
        "raft_servers[0].Suffrage 3: must be 0 (voter), 1 (nonvoter) or 2 (staging)")]
    [InlineData(
        "prune-dead-servers", "{\"raft_servers\":[{\"ID\":\"a\",\"Suffrage\":\"Votes\"}]}",
        "raft_servers[0].Suffrage \"Votes\": must be voter, nonvoter, non-voter or staging")]
    public async Task What_is_wrong_in_a_line_is_told_in_one_line(string table, string line, string problem)
    {
        (string output, string error) = await AskAsync(1, table, line);

        Assert.Equal($"line 1: {problem}", EvaluateCases.ErrorOf(output));
        Assert.Equal($"error: line 1: {problem}\n", error);
    }

    // Goal: a question that does not exist is answered by those that do.
    [Theory]
    [InlineData("autopilot evaluate", "error: --table: must be given; there are ")]
    [InlineData("autopilot evaluate --table prune", "error: --table \"prune\": must be one of ")]
    public async Task Without_a_table_the_tables_are_listed(string command, string beginning)
    {
        Assert.Equal(
            beginning + "next-state, stable-promoter, reconcile, policy, prune-dead-servers, failure-tolerance, voter-order, "
                + "is-healthy",
            await InProcess.FailAsync(_folder.Path, null, command.Split(' ')));
    }

    // Goal: help says what goes in and what comes out.
    [Fact]
    public async Task Help_shows_an_example()
    {
        (string output, _) = await InProcess.EndAsync(0, _folder.Path, null, "autopilot", "evaluate", "--help");

        Assert.Contains(
            "echo '{\"voters\":5,\"healthy_voters\":4}' | raftsim autopilot evaluate --table failure-tolerance\n"
            + "{\"failure_tolerance\":1,\"quorum\":3}\n",
            output,
            StringComparison.Ordinal);
    }

    // Goal: a line in, a line out: bad ones cost no other its answer. Blank ones are passed over and counted.
    [Fact]
    public async Task Lines_after_a_bad_one_are_answered()
    {
        const string Good = "{\"voters\":3,\"healthy_voters\":3}";
        (string output, string error) = await AskAsync(
            1, "failure-tolerance", $"{Good}\n\n  \r\n{{\"voters\":-1}}\n{Good}\nnone\n{Good}\n");

        const string Answer = "{\"failure_tolerance\":1,\"quorum\":2}";
        string[] answers = output.Split('\n');
        Assert.Equal([Answer, Answer, Answer, ""], [answers[0], answers[2], answers[4], answers[5]]);
        string[] errors = [EvaluateCases.ErrorOf(answers[1]), EvaluateCases.ErrorOf(answers[3])];
        Assert.Equal("line 4: voters -1: must be a whole number from 0 to 2147483647", errors[0]);
        Assert.StartsWith("line 6: \"none\": must be JSON: ", errors[1], StringComparison.Ordinal);
        Assert.Equal(string.Concat(errors.Select(one => $"error: {one}\n")), error);
    }

    // Goal: inputs may come from a file, and one that is not there is named.
    [Fact]
    public async Task Inputs_may_come_from_a_file()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "inputs"), "{\"voters\":1,\"healthy_voters\":1}");
        string[] command = ["autopilot", "evaluate", "--table", "failure-tolerance", "--input"];
        (string output, _) = await InProcess.EndAsync(0, _folder.Path, null, [.. command, "inputs"]);

        Assert.Equal("{\"failure_tolerance\":0,\"quorum\":1}\n", output);
        Assert.StartsWith(
            "error: --input \"others\": cannot be read: ",
            await InProcess.FailAsync(_folder.Path, null, [.. command, "others"]),
            StringComparison.Ordinal);
    }

    // Goal: whoever waits for an answer before the next question gets it.
    [Fact]
    public async Task Every_answer_is_out_before_the_next_line_is_read()
    {
        await using FlushCounter output = new();
        using Questions input = new("{\"voters\":3,\"healthy_voters\":3}", 2_000, output);
        await InProcess.EndAsync(
            0, _folder.Path, terminal => terminal with { In = input, Out = output },
            "autopilot", "evaluate", "--table", "failure-tolerance");

        Assert.Equal(2_000, output.Flushes);
        Assert.Equal(2_000, output.ToString().Count(c => c == '\n'));
    }

    // Goal: no digit of a moment is lost, whatever the zone it is given in.
    [Theory]
    [InlineData("2020-11-02T15:00:00Z", "2020-11-02T15:00:00Z")]
    [InlineData("2020-11-02T15:00:00.000000001Z", "2020-11-02T15:00:00.000000001Z")]
    [InlineData("2020-11-02T15:00:00.1234567899Z", "2020-11-02T15:00:00.123456789Z")]
    [InlineData("2020-11-02T15:00:00.500+01:30", "2020-11-02T13:30:00.5Z")]
    [InlineData("2020-11-02T15:00:00-23:59", "2020-11-03T14:59:00Z")]
    [InlineData("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z")]
    [InlineData("1677-09-21T00:12:43.145224193Z", "1677-09-21T00:12:43.145224193Z")]
    [InlineData("2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z")]
    public async Task Moments_are_kept_to_the_nanosecond(string given, string written)
    {
        (string output, _) = await AskAsync(0, "next-state", State($"\"{given}\"", "0"));

        Assert.Contains($"\"StableSince\":\"{written}\"", output, StringComparison.Ordinal);
    }

    // Goal: what is no moment, or one that cannot be counted to, is refused.
    [Theory]
    [InlineData("")]
    [InlineData("2020-11-02")]
    [InlineData("2020-11-02T15:00:00")]
    [InlineData("2020-11-02T15:00:00.Z")]
    [InlineData("2020-11-02T15:00:00.5")]
    [InlineData("2020-11-02T15:00:00,5Z")]
    [InlineData("2020-11-02T15:00:00z")]
    [InlineData("2020-11-02T15:00:00+24:00")]
    [InlineData("2020-11-02T15:00:00+01:00Z")]
    [InlineData("2020-02-30T15:00:00Z")]
    [InlineData("2020-11-02T24:00:00Z")]
    [InlineData("0001-01-01T00:00:00.1Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("1677-09-21T00:12:43.145224192Z")]
    [InlineData("2262-04-11T23:47:16.854775808Z")]
    public async Task What_is_no_moment_is_refused(string given)
    {
        (_, string error) = await AskAsync(1, "next-state", State($"\"{given}\"", "0"));

        Assert.StartsWith($"error: line 1: Now \"{given}\": must be an RFC 3339 time", error, StringComparison.Ordinal);
    }

    // Goal: durations are nanoseconds or Go's text, and come out as nanoseconds; never is a negative one.
    [Theory]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("\"1m0.000000001s\"", "60000000001")]
    [InlineData("\"never\"", "-1")]
    [InlineData("null", "0")]
    public async Task Durations_are_numbers_or_text(string given, string written)
    {
        (string output, _) = await AskAsync(0, "next-state", State("\"2020-11-02T15:00:00Z\"", given));

        Assert.Contains(
            $"\"Stats\":{{\"LastContact\":{written},\"LastTerm\":18446744073709551615,\"LastIndex\":0}}",
            output,
            StringComparison.Ordinal);
    }

    // Goal: no tags and an empty list of tags are told apart, as Go does.
    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"build\":\"1.9.0\",\"id\":\"é\"}")]
    public async Task Tags_come_out_as_they_went_in(string tags)
    {
        string line = "{\"Now\":\"2020-11-02T15:00:00Z\",\"RaftConfig\":{\"Servers\":[{\"ID\":\"a\"}]},"
            + $"\"KnownServers\":{{\"a\":{{\"Meta\":{tags}}}}}}}";
        (string output, _) = await AskAsync(0, "next-state", line);

        Assert.Contains($"\"Meta\":{tags},", output, StringComparison.Ordinal);
    }

    // Goal: settings that nobody gave are Nomad's: 200 ms of silence are healthy, and a nanosecond more is not.
    [Theory]
    [InlineData("", "200ms", "true")]
    [InlineData("", "200.000001ms", "false")]
    [InlineData("\"config\":{\"MaxTrailingLogs\":0},", "200ms", "true")]
    [InlineData("\"config\":{\"LastContactThreshold\":\"1s\"},", "1s", "true")]
    [InlineData("\"config\":{\"LastContactThreshold\":\"1s\"},\"config_override\":{\"LastContactThreshold\":0},", "1s", "false")]
    public async Task Settings_left_out_are_those_of_Nomad(string config, string contact, string healthy)
    {
        string line = $"{{{config}\"node_status\":\"alive\",\"leader_last_term\":1,\"leader_last_index\":9,"
            + $"\"stats\":{{\"LastContact\":\"{contact}\",\"LastTerm\":1,\"LastIndex\":9}}}}";
        (string output, _) = await AskAsync(0, "is-healthy", line);

        Assert.Equal($"{{\"healthy\":{healthy}}}\n", output);
    }

    // Goal: a round that cannot be planned says so in the answer, and people are told why.
    [Fact]
    public async Task Why_a_round_cannot_be_planned_is_told_beside_the_answer()
    {
        (string output, string error) = await AskAsync(0, "reconcile", "{\"state\":null}");

        Assert.Equal("{\"calls\":[],\"error\":\"non-nil\"}\n", output);
        Assert.Equal("note: line 1: cannot reconcile: there is no state with a leader in it yet\n", error);
    }

    // Goal: a call that is said to fail ends the round with its error (raft-autopilot: any Raft error ends the round).
    [Theory]
    [InlineData("\"full\"", 1, "\"full\"")]
    [InlineData("[{\"op\":\"AddVoter\",\"fails_with\":\"full\"}]", 2, "\"full\"")]
    [InlineData("[{\"id\":\"d\",\"fails_with\":\"full\"}]", 2, "\"full\"")]
    [InlineData("[{\"op\":\"AddVoter\",\"id\":\"e\",\"fails_with\":\"full\"}]", 3, "\"full\"")]
    [InlineData("[{\"op\":\"DemoteVoter\",\"id\":\"e\",\"fails_with\":\"full\"}]", 4, "null")]
    public async Task A_call_that_fails_ends_the_round(string failures, int failing, string error)
    {
        string[] states = ["leader", "voter", "voter", "non-voter", "non-voter"];
        string servers = string.Join(',', "abcde".Select((id, i) =>
            $"\"{id}\":{{\"Server\":{{\"Address\":\"1:{i + 1}\"}},\"State\":\"{states[i]}\","
            + $"\"Health\":{{\"Healthy\":{(i == 2 ? "false" : "true")}}}}}"));
        string line = $"{{\"fails_with\":{failures},\"changes\":{{\"Promotions\":[\"d\",\"e\"],\"Demotions\":[\"c\"]}},"
            + $"\"state\":{{\"Leader\":\"a\",\"Voters\":[\"a\",\"b\",\"c\"],\"Servers\":{{{servers}}}}}}}";
        (string output, _) = await AskAsync(0, "reconcile", line);

        string[] calls =
        [
            "\"op\":\"DemoteVoter\",\"id\":\"c\"",
            "\"op\":\"AddVoter\",\"id\":\"d\",\"address\":\"1:4\"",
            "\"op\":\"AddVoter\",\"id\":\"e\",\"address\":\"1:5\"",
        ];
        IEnumerable<string> made = calls.Take(failing).Select((call, i) =>
            i + 1 == failing ? $"{{{call},\"fails_with\":\"full\"}}" : $"{{{call}}}");
        Assert.Equal($"{{\"calls\":[{string.Join(',', made)}],\"error\":{error}}}\n", output);
    }

    // Goal: a Raft error aborts the removals; what membership is asked for comes first and cannot fail the round.
    [Theory]
    [InlineData("\"full\"", "", ",\"fails_with\":\"full\"", ",\"error\":\"full\"")]
    [InlineData("[{\"id\":\"c\",\"fails_with\":\"lost\"}]", ",\"fails_with\":\"lost\"", "", "")]
    public async Task A_Raft_error_aborts_the_removals(string failures, string ofFailed, string ofStale, string error)
    {
        string line = $"{{\"fails_with\":{failures},\"raft_servers\":[{{\"ID\":\"a\",\"Suffrage\":\"voter\"}},"
            + "{\"ID\":\"b\",\"Suffrage\":\"nonvoter\"},{\"ID\":\"c\",\"Suffrage\":\"nonvoter\"}],"
            + "\"known_servers\":{\"a\":{\"NodeStatus\":\"alive\"},\"c\":{\"Name\":\"n-c\",\"NodeStatus\":\"failed\"}}}";
        (string output, _) = await AskAsync(0, "prune-dead-servers", line);

        Assert.Equal(
            "{\"categories\":{\"StaleNonVoters\":[\"b\"],\"StaleVoters\":[],\"FailedNonVoters\":[\"c\"],\"FailedVoters\":[]},"
            + $"\"calls\":[{{\"op\":\"RemoveFailedServer\",\"id\":\"c\",\"name\":\"n-c\"{ofFailed}}},"
            + $"{{\"op\":\"RemoveServer\",\"id\":\"b\"{ofStale}}}]{error}}}\n",
            output);
    }

    // Goal: a Raft configuration that cannot be read is the error of the removals, unless they are switched off.
    [Theory]
    [InlineData("", "\"gone\"")]
    [InlineData("\"reconciliation_enabled\":false,", "null")]
    [InlineData("\"config\":{\"CleanupDeadServers\":false},", "null")]
    public async Task A_Raft_configuration_that_cannot_be_read_is_an_error(string settings, string error)
    {
        (string output, _) = await AskAsync(0, "prune-dead-servers", $"{{{settings}\"raft_configuration_error\":\"gone\"}}");

        Assert.Equal($"{{\"calls\":[],\"error\":{error}}}\n", output);
    }

    private static string State(string now, string contact) =>
        $"{{\"Now\":{now},\"RaftConfig\":{{\"Servers\":[{{\"ID\":\"a\",\"Suffrage\":0}}]}},\"FetchedStats\":"
        + $"{{\"a\":{{\"LastContact\":{contact},\"LastTerm\":18446744073709551615}}}}}}";

    private Task<(string Out, string Error)> AskAsync(int exit, string table, string lines) => InProcess.EndAsync(
        exit, _folder.Path, terminal => terminal with { In = new StringReader(lines) },
        "autopilot", "evaluate", "--table", table);

    private sealed class FlushCounter : StringWriter
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync()
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }

    // Asks the same over and over, and looks each time whether all was answered before.
    private sealed class Questions(string question, int count, FlushCounter answers) : TextReader
    {
        private int _asked;

        public override Task<string?> ReadLineAsync()
        {
            Assert.Equal(_asked, answers.Flushes);
            return Task.FromResult(_asked++ < count ? question : null);
        }
    }
}

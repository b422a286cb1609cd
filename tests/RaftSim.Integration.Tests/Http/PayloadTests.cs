using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>How the body of a PUT is decoded. Source: Nomad api/operator_autopilot.go, Go encoding/json.</summary>
public sealed class PayloadTests
{
    private const string Path = "/v1/operator/autopilot/configuration";
    private const string Prefix = "Error parsing autopilot config: ";

    private static readonly AutopilotConfig Zero = new();

    // Goal: a body that is no JSON is refused with the words of Go's decoder.
    [Theory]
    [InlineData("", "Request body is empty")]
    [InlineData(" \r\n\t", "EOF")]
    [InlineData("{", "unexpected EOF")]
    [InlineData("{\"MinQuorum\":1", "unexpected EOF")]
    [InlineData("{\"MinQuorum", "unexpected EOF")]
    [InlineData("{\"MinQuorum\":", "unexpected EOF")]
    [InlineData("{\"MinQuorum\":1,", "unexpected EOF")]
    [InlineData("{\"a\":\"\\", "unexpected EOF")]
    [InlineData("{\"a\":\"\\u00", "unexpected EOF")]
    [InlineData("[[[", "unexpected EOF")]
    [InlineData("tru", "unexpected EOF")]
    [InlineData("-", "unexpected EOF")]
    [InlineData("1.", "unexpected EOF")]
    [InlineData("1e", "unexpected EOF")]
    [InlineData("1e+", "unexpected EOF")]
    [InlineData("\"abc", "unexpected EOF")]
    [InlineData("x", "invalid character 'x' looking for beginning of value")]
    [InlineData("<html>", "invalid character '<' looking for beginning of value")]
    [InlineData("'a'", "invalid character '\\'' looking for beginning of value")]
    [InlineData("}", "invalid character '}' looking for beginning of value")]
    [InlineData("\\", "invalid character '\\\\' looking for beginning of value")]
    [InlineData("\0", "invalid character '\\x00' looking for beginning of value")]
    [InlineData("\u007f", "invalid character '\\x7f' looking for beginning of value")]
    [InlineData("é", "invalid character 'Ã' looking for beginning of value")]
    [InlineData("\ufeff{}", "invalid character 'ï' looking for beginning of value")]
    [InlineData("{x", "invalid character 'x' looking for beginning of object key string")]
    [InlineData("{\"a\":1,}", "invalid character '}' looking for beginning of object key string")]
    [InlineData("{,", "invalid character ',' looking for beginning of object key string")]
    [InlineData("{\"a\"1", "invalid character '1' after object key")]
    [InlineData("{\"a\"\"b\"", "invalid character '\"' after object key")]
    [InlineData("{\"a\":1 2", "invalid character '2' after object key:value pair")]
    [InlineData("{\"a\":01", "invalid character '1' after object key:value pair")]
    [InlineData("{\"a\":1]", "invalid character ']' after object key:value pair")]
    [InlineData("{\"a\":}", "invalid character '}' looking for beginning of value")]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("[1}", "invalid character '}' after array element")]
    [InlineData("{\"a\":trux", "invalid character 'x' in literal true (expecting 'e')")]
    [InlineData("fAlse", "invalid character 'A' in literal false (expecting 'a')")]
    [InlineData("nil", "invalid character 'i' in literal null (expecting 'u')")]
    [InlineData("-x", "invalid character 'x' in numeric literal")]
    [InlineData("+1", "invalid character '+' looking for beginning of value")]
    [InlineData(".5", "invalid character '.' looking for beginning of value")]
    [InlineData("1.x", "invalid character 'x' after decimal point in numeric literal")]
    [InlineData("1e]", "invalid character ']' in exponent of numeric literal")]
    [InlineData("1e-x", "invalid character 'x' in exponent of numeric literal")]
    [InlineData("\"a\nb\"", "invalid character '\\n' in string literal")]
    [InlineData("\"\\x\"", "invalid character 'x' in string escape code")]
    [InlineData("\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape")]
    public Task Broken_JSON_is_refused_in_the_words_of_Go(string body, string reason) => Refuses(body, reason);

    // Goal: a value of the wrong type is named with its field; the first one met is reported.
    [Theory]
    [InlineData("{\"LastContactThreshold\":5}", "number", "LastContactThreshold", "string")]
    [InlineData("{\"serverstabilizationtime\":true}", "bool", "ServerStabilizationTime", "string")]
    [InlineData("{\"LastContactThreshold\":{}}", "object", "LastContactThreshold", "string")]
    [InlineData("{\"LastContactThreshold\":[\"1s\"]}", "array", "LastContactThreshold", "string")]
    [InlineData("{\"CleanupDeadServers\":\"true\"}", "string", "CleanupDeadServers", "bool")]
    [InlineData("{\"CleanupDeadServers\":1}", "number", "CleanupDeadServers", "bool")]
    [InlineData("{\"EnableRedundancyZones\":[]}", "array", "EnableRedundancyZones", "bool")]
    [InlineData("{\"DisableUpgradeMigration\":0}", "number", "DisableUpgradeMigration", "bool")]
    [InlineData("{\"EnableCustomUpgrades\":{\"a\":[1]}}", "object", "EnableCustomUpgrades", "bool")]
    [InlineData("{\"MaxTrailingLogs\":-1}", "number -1", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MaxTrailingLogs\":-0}", "number -0", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MaxTrailingLogs\":1.0}", "number 1.0", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MaxTrailingLogs\":1e3}", "number 1e3", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MaxTrailingLogs\":99999999999999999999}", "number 99999999999999999999", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MaxTrailingLogs\":\"7\"}", "string", "MaxTrailingLogs", "uint64")]
    [InlineData("{\"MinQuorum\":-1}", "number -1", "MinQuorum", "uint")]
    [InlineData("{\"CreateIndex\":\"4\"}", "string", "CreateIndex", "uint64")]
    [InlineData("{\"ModifyIndex\":-4}", "number -4", "ModifyIndex", "uint64")]
    [InlineData("{\"MinQuorum\":true,\"MaxTrailingLogs\":true}", "bool", "MinQuorum", "uint")]
    [InlineData("{\"MinQuorum\":true,\"MinQuorum\":1}", "bool", "MinQuorum", "uint")]
    [InlineData("{\"LastContactThreshold\":\"x\",\"MinQuorum\":true}", "bool", "MinQuorum", "uint")]
    public Task Wrong_type_is_refused_in_the_words_of_Go(string body, string kind, string field, string type) =>
        Refuses(body, $"json: cannot unmarshal {kind} into Go struct field .{field} of type {type}");

    // Goal: the syntax of the whole value comes first, then types, then durations in the order of their fields.
    [Theory]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type api.AutopilotConfiguration")]
    [InlineData("true", "json: cannot unmarshal bool into Go value of type api.AutopilotConfiguration")]
    [InlineData("\"{}\"", "json: cannot unmarshal string into Go value of type api.AutopilotConfiguration")]
    [InlineData("12", "json: cannot unmarshal number into Go value of type api.AutopilotConfiguration")]
    [InlineData("{\"MinQuorum\":true", "unexpected EOF")]
    [InlineData("{\"LastContactThreshold\":\"10\"}", "time: missing unit in duration \"10\"")]
    [InlineData("{\"LastContactThreshold\":\"1d\"}", "time: unknown unit \"d\" in duration \"1d\"")]
    [InlineData("{\"LastContactThreshold\":\" 1s\"}", "time: invalid duration \" 1s\"")]
    [InlineData("{\"ServerStabilizationTime\":\"y\",\"LastContactThreshold\":\"x\"}", "time: invalid duration \"x\"")]
    public Task Other_mistakes_are_refused_in_the_words_of_Go(string body, string reason) => Refuses(body, reason);

    // Goal: whatever Go's decoder forgives is forgiven, and what is left out becomes zero.
    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("null,")]
    [InlineData("{}}")]
    [InlineData("\n{ } trailing \0 bytes")]
    [InlineData("{\"Nope\":{\"MinQuorum\":[1,{\"a\":\"}\\\"\"}]},\"\":0}")]
    [InlineData("{\"MinQuorum\":null,\"CleanupDeadServers\":null,\"LastContactThreshold\":null,\"CreateIndex\":null}")]
    [InlineData("{\"LastContactThreshold\":\"\",\"ServerStabilizationTime\":\"0\"}")]
    [InlineData("{\"CreateIndex\":99999,\"ModifyIndex\":18446744073709551615}")]
    [InlineData("{\"MinQuorum\":5,\"MinQuorum\":0}")]
    [InlineData("{\"CleanupDeadServers\":true,\"cleanupdeadservers\":false}")]
    public Task Everything_left_out_is_zero(string body) => Accepts(body, Zero);

    // Goal: names match whatever their case and escapes; the last of several counts, and null does not undo it.
    [Theory]
    [InlineData("{\"MAXTRAILINGLOGS\":7}")]
    [InlineData("{\"\\u004daxTrailingLogs\":7}")]
    [InlineData("{\"MaxTrailingLog\u017f\":7}")]
    [InlineData("{\"MaxTrailingLogs\":1,\"maxTrailingLogs\":7}")]
    [InlineData("{\"MaxTrailingLogs\":7,\"MaxTrailingLogs\":null}")]
    [InlineData(" {\t\"MaxTrailingLogs\"\r\n:\n7 } ")]
    public Task Names_match_whatever_their_case(string body) => Accepts(body, Zero with { MaxTrailingLogs = 7 });

    // Goal: values are stored as they are, however odd: Nomad judges none of them.
    [Fact]
    public Task All_fields_are_decoded() => Accepts(
        """
        {"CleanupDeadServers":true,"LastContactThreshold":"-1.5\u00b5s","MaxTrailingLogs":18446744073709551615,
         "MinQuorum":3,"ServerStabilizationTime":"1h1m1.5s","EnableRedundancyZones":true,
         "DisableUpgradeMigration":true,"EnableCustomUpgrades":true,"CreateIndex":4,"ModifyIndex":4}
        """,
        new AutopilotConfig
        {
            CleanupDeadServers = true,
            LastContactThreshold = new(-1_500),
            MaxTrailingLogs = ulong.MaxValue,
            MinQuorum = 3,
            ServerStabilizationTime = new(3_661_500_000_000),
            EnableRedundancyZones = true,
            DisableUpgradeMigration = true,
            EnableCustomUpgrades = true,
        });

    // Goal: escapes, pairs of surrogates and broken Unicode in text are decoded, not refused.
    [Theory]
    [InlineData("\\ud83d\\ude00", "time: invalid duration \"\\xf0\\x9f\\x98\\x80\"")]
    [InlineData("\\ud83d", "time: invalid duration \"\\xef\\xbf\\xbd\"")]
    [InlineData("\\\"\\\\\\/\\b\\f\\n\\r\\t", "time: invalid duration \"\\\"\\\\/\\x08\\x0c\\x0a\\x0d\\x09\"")]
    public Task Text_is_unescaped(string text, string reason) =>
        Refuses($"{{\"LastContactThreshold\":\"{text}\"}}", reason);

    // Goal: nesting has Go's bound and costs no stack.
    [Theory]
    [InlineData(9_999, null)]
    [InlineData(10_000, "exceeded max depth")]
    public Task Nesting_is_bounded(int depth, string? reason)
    {
        string body = "{\"a\":" + new string('[', depth) + new string(']', depth) + "}";
        return reason is null ? Accepts(body, Zero) : Refuses(body, reason);
    }

    // Goal: a body beyond the bound is refused with a clear text, unless its value ends within the bound.
    [Fact]
    public async Task Huge_body_is_refused()
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync("PUT", Path, "{\"a\":\"" + new string('x', 2 << 20) + "\"}");
        Assert.Equal((413, Prefix + "Request body is larger than 1048576 bytes"), (reply.Status, reply.Text));
        reply = await api.SendAsync("PUT", Path, new string(' ', 2 << 20));
        Assert.Equal(413, reply.Status);
        Assert.Empty(cluster.Requests);
        reply = await api.SendAsync("PUT", Path, "{}" + new string('x', 2 << 20));
        Assert.Equal((200, "true"), (reply.Status, reply.Text));
    }

    // Goal: no body at all, however random, does more harm than a refusal.
    [Fact]
    public async Task Random_bytes_are_refused_or_taken_but_never_a_failure()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Gen<byte> any = Gen.Choose(0, 255).Select(value => (byte)value);
        Gen<byte> likely = Gen.Elements(Encoding.UTF8.GetBytes("{}[]\",:\\unltrfase0123456789.-+eE \n\u00e9\u2028"));
        Prop.ForAll(Gen.OneOf(any, likely).ArrayOf().ToArbitrary(), body =>
        {
            Reply reply = Put(api, body);
            Assert.True(
                reply is { Status: 200, Text: "true" }
                || (reply.Status == 400 && reply.Text.StartsWith(Prefix, StringComparison.Ordinal)),
                $"{reply.Status} {reply.Text}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(600).WithReplay(2_027, 11));
    }

    // Goal: what counts as JSON here is what counts as JSON elsewhere: System.Text.Json is the judge.
    [Fact]
    public async Task Syntax_is_judged_as_by_another_parser()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        const string Good = """[{"b":[-1.5e+3,0,"\u00e9\n\"",true],"":{}},null,[],false ]""";
        Gen<string> token = Gen.Elements(
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\\n\"", "1", "-0.5e+3", "01", "-", "1.", "true", "nul",
            "null", " ", "{\"b\":", "[1,", "\"\\x\"", "\"\t\"", "[]", "{}", ",\"c\":2");
        Gen<string> damaged =
            from at in Gen.Choose(0, Good.Length - 1)
            from removed in Gen.Choose(0, 1)
            from added in Gen.Elements("", " ", "0", "1", "-", ".", "\"", "\\", ",", ":", "[", "]", "{", "}", "t", "\n")
            select Good[..at] + added + Good[(at + removed)..];
        Gen<string> random = Gen.Choose(1, 5).SelectMany(count => token.ListOf(count)).Select(string.Concat);
        int accepted = 0;
        Prop.ForAll(Gen.OneOf(damaged, random).ToArbitrary(), inner =>
        {
            string text = "{\"a\":" + inner + "}";
            Reply reply = Put(api, Encoding.UTF8.GetBytes(text));
            bool isJson = IsJson(text);
            accepted += isJson ? 1 : 0;
            Assert.True(isJson == (reply.Status == 200), $"{text}: {reply.Status} {reply.Text}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(600).WithReplay(2_028, 13));

        // Both verdicts must have been seen, or the test says nothing.
        Assert.InRange(accepted, 60, 540);
    }

    private static bool IsJson(string text)
    {
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = 10_000 });
        try
        {
            do
            {
                reader.Read();
            }
            while (reader.CurrentDepth > 0 || reader.TokenType is not JsonTokenType.EndObject);

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Reply Put(ApiServer api, byte[] body)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, Path) { Content = new ByteArrayContent(body) };
        return api.SendAsync(request).GetAwaiter().GetResult();
    }

    private static async Task Refuses(string body, string reason)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync("PUT", Path, body);
        Assert.Equal((400, Prefix + reason), (reply.Status, reply.Text));
        Assert.Equal("text/plain; charset=utf-8", reply.ContentType);
        Assert.Empty(cluster.Requests);
    }

    private static async Task Accepts(string body, AutopilotConfig config)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync("PUT", Path, body);
        Assert.Equal((200, "true"), (reply.Status, reply.Text));
        Assert.Equal(new SetAutopilotConfigRequest(config, null), Assert.Single(cluster.Requests));
    }
}

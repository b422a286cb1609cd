using System.Net;
using System.Net.Sockets;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>What the program says when it is not told right: one clear line that names value and rule, exit code 1.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: help shows every setting under a title, with its default.
    [Theory]
    [InlineData("cluster", "--base-port PORT", "[default: 4646]")]
    [InlineData("cluster", "--server-stabilization-time DURATION", "[default: 10s]")]
    [InlineData("server", "--rpc IP:PORT", "[default: 127.0.0.1:4647]")]
    [InlineData("server", "--cleanup-dead-servers [true|false]", "[default: true]")]
    [InlineData("server", "--read-lease [true|false]", "[default: false]")]
    public async Task Help_shows_settings_and_their_defaults(string command, string setting, string byDefault)
    {
        await using InProcess run = InProcess.Start(_folder.Path, command, "--help");

        Assert.Equal(0, await run.Exit.WaitAsync(Quick.SafetyNet));
        Assert.Contains(setting, run.Out.Text, StringComparison.Ordinal);
        Assert.Contains(byDefault, run.Out.Text, StringComparison.Ordinal);
        Assert.Contains("Autopilot loop:", run.Out.Text, StringComparison.Ordinal);
    }

    // Goal: without arguments, the program says what it can do.
    [Fact]
    public async Task Without_arguments_it_shows_help()
    {
        await using InProcess run = InProcess.Start(_folder.Path);

        Assert.Equal(0, await run.Exit.WaitAsync(Quick.SafetyNet));
        Assert.Contains("cluster", run.Out.Text, StringComparison.Ordinal);
    }

    // Goal: a wrong setting is told in one line that names it and the rule, before anything starts.
    [Theory]
    [InlineData("clutser", "error: \"clutser\": no such command or option; --help shows what there is")]
    [InlineData("cluster --sevrers 3", "error: \"--sevrers\": no such command or option; --help shows what there is")]
    [InlineData("cluster --servers 10", "error: --servers \"10\": must be a number from 1 to 9")]
    [InlineData("cluster --servers x", "error: --servers \"x\": must be a number from 1 to 9")]
    [InlineData("cluster --base-port 65535", "error: --base-port \"65535\": must be a number from 0 to 65513")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --election-timeout 5",
        "error: --election-timeout \"5\": must be a duration such as 200ms, 10s or 1m30s")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --heartbeat-interval 1s",
        "error: HeartbeatInterval 1s: must be at most half of the election timeout, 1s")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --read-lease --clock-drift-ppm-max 200001",
        "error: --clock-drift-ppm-max \"200001\": must be a number from 0 to 200000")]
    [InlineData("cluster --ephemeral --base-port 0 --failure-timeout 0s", "error: FailureTimeout 0s: must be positive")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --region a/b",
        "error: Region \"a/b\": must be letters, digits, '-', '_' and '.', not empty")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --min-quorum -1",
        "error: --min-quorum \"-1\": must be a number from 0 to 18446744073709551615")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --cleanup-dead-servers maybe",
        "error: --cleanup-dead-servers \"maybe\": must be true or false")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --log-level loud",
        "error: --log-level \"loud\": must be trace, debug, information, warning, error, critical or none")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --redundancy-zones a,,c",
        "error: --redundancy-zones \"a,,c\": \"\" must not be empty")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --servers 3 --redundancy-zones a,b,c,d",
        "error: --redundancy-zones \"a,b,c,d\": must not list more than there are servers, which is 3")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --upgrade-versions 1.0,v2",
        "error: --upgrade-versions \"1.0,v2\": \"v2\" must be X, X.Y or X.Y.Z, such as 1.4.0")]
    [InlineData(
        "cluster --ephemeral --base-port 0 --servers 3 --non-voting-servers 3",
        "error: --non-voting-servers \"3\": must be a number from 0 to 2")]
    [InlineData(
        "server --ephemeral --http 127.0.0.1:0 --name a --upgrade-version beta",
        "error: --upgrade-version \"beta\": must be X, X.Y or X.Y.Z, such as 1.4.0")]
    [InlineData("server", "error: --name: must be given")]
    [InlineData("server --name a", "error: --data-dir: must be given, unless --ephemeral keeps everything in memory")]
    [InlineData(
        "server --ephemeral --http 127.0.0.1:0 --name a=b --rpc 127.0.0.1:0",
        "error: Name \"a=b\": must be letters, digits, '-', '_' and '.', not empty")]
    [InlineData(
        "server --ephemeral --name a --http here",
        "error: --http \"here\": must be an IP address and port such as 127.0.0.1:4646")]
    [InlineData(
        "server --ephemeral --http 127.0.0.1:0 --name a --rpc 1.2.3.4",
        "error: --rpc \"1.2.3.4\": must be an IP address and port such as 127.0.0.1:4646")]
    [InlineData(
        "server --ephemeral --http 127.0.0.1:0 --name a --rpc 0.0.0.0:4647",
        "error: --rpc \"0.0.0.0:4647\": is no address that others can reach: say in --peers at which one this server is reached")]
    public async Task What_is_wrong_is_told_in_one_line(string command, string line)
    {
        Assert.Equal(line, await InProcess.FailAsync(_folder.Path, null, command.Split(' ')));
    }

    // Goal: of a wrong list of peers the message says which rule it breaks.
    [Theory]
    [InlineData("s1=127.0.0.1:7001,s1=127.0.0.1:7002", "must not list s1=127.0.0.1:7002 twice")]
    [InlineData("s1=127.0.0.1:7001,127.0.0.1:7001", "must not list 127.0.0.1:7001 twice")]
    [InlineData("s2=127.0.0.1:7002", "must include this server: s1=127.0.0.1:7001")]
    [InlineData("s2=127.0.0.1:7001", "calls this server s2, but --name is s1")]
    [InlineData("s1=127.0.0.1:7009", "says that s1 is at 127.0.0.1:7009, but --rpc is 127.0.0.1:7001")]
    [InlineData("s1=127.0.0.1", "\"s1=127.0.0.1\" must be NAME=IP:PORT or IP:PORT")]
    [InlineData("s1=127.0.0.1:7001,", "\"\" must be NAME=IP:PORT or IP:PORT")]
    [InlineData("=127.0.0.1:7001", "\"=127.0.0.1:7001\" must be NAME=IP:PORT or IP:PORT")]
    [InlineData("s1=127.0.0.1:0", "\"s1=127.0.0.1:0\" must be NAME=IP:PORT or IP:PORT")]
    public async Task A_wrong_list_of_peers_is_told_in_one_line(string peers, string rule)
    {
        string line = await InProcess.FailAsync(_folder.Path, null,
            "server", "--name", "s1", "--ephemeral", "--http", "127.0.0.1:0", "--rpc", "127.0.0.1:7001", "--peers", peers);

        Assert.Equal($"error: --peers \"{peers}\": {rule}", line);
    }

    // Goal: the command line beats the environment, which beats the file: the one that counts is the one that is
    // blamed.
    [Fact]
    public async Task The_command_line_beats_the_environment_which_beats_the_file()
    {
        Configure("""{ "RaftSim": { "ElectionTimeout": "file" } }""");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["RAFTSIM_ELECTION_TIMEOUT"] = "variable" };
        const string Rule = "must be a duration such as 200ms, 10s or 1m30s";

        Assert.Equal($"error: --election-timeout \"option\": {Rule}", await InProcess.FailAsync(
            _folder.Path, environment, "cluster", "--ephemeral", "--election-timeout", "option"));
        Assert.Equal($"error: RAFTSIM_ELECTION_TIMEOUT \"variable\": {Rule}", await InProcess.FailAsync(
            _folder.Path, environment, "cluster", "--ephemeral"));
        Assert.Equal($"error: appsettings.json: RaftSim:ElectionTimeout \"file\": {Rule}", await InProcess.FailAsync(
            _folder.Path, null, "cluster", "--ephemeral"));
    }

    // Goal: a list may be written as a JSON array.
    [Fact]
    public async Task The_file_may_hold_the_peers_as_an_array()
    {
        Configure("""{ "RaftSim": { "Peers": ["s1=127.0.0.1:7001", "s1=127.0.0.1:7002"] } }""");

        string line = await InProcess.FailAsync(_folder.Path, null, "server", "--name", "s1", "--ephemeral");

        Assert.Equal("error: appsettings.json: RaftSim:Peers \"s1=127.0.0.1:7001,s1=127.0.0.1:7002\": "
            + "must not list s1=127.0.0.1:7002 twice", line);
    }

    // Goal: the same holds for every list.
    [Fact]
    public async Task The_file_may_hold_the_zones_as_an_array()
    {
        Configure("""{ "RaftSim": { "RedundancyZones": ["a", ""] } }""");

        string line = await InProcess.FailAsync(_folder.Path, null, "cluster", "--ephemeral", "--base-port", "0");

        Assert.Equal("error: appsettings.json: RaftSim:RedundancyZones \"a,\": \"\" must not be empty", line);
    }

    // Goal: a misspelt key would otherwise be a setting that silently does nothing.
    [Theory]
    [InlineData("""{ "RaftSim": { "ElectonTimeout": "1s" } }""", "error: appsettings.json: RaftSim:ElectonTimeout is no setting")]
    [InlineData(
        """{ "RaftSim": { "Region": { "a": "b" } } }""",
        "error: appsettings.json: RaftSim:Region: must be a single value")]
    [InlineData("""{ "RaftSim": """, "error: appsettings.json cannot be read: ")]
    public async Task What_the_file_cannot_hold_is_told_in_one_line(string content, string line)
    {
        Configure(content);

        Assert.StartsWith(
            line,
            await InProcess.FailAsync(_folder.Path, null, "cluster", "--ephemeral"),
            StringComparison.Ordinal);
    }

    // Goal: other programs may use the prefix, so an unknown variable is only warned of.
    [Fact]
    public async Task An_unknown_variable_is_warned_of()
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["RAFTSIM_ELECTON_TIMEOUT"] = "1s" };
        await using InProcess run = InProcess.StartWith(_folder.Path, environment, "cluster", "--ephemeral", "--servers", "x");

        Assert.Equal(1, await run.Exit.WaitAsync(Quick.SafetyNet));
        Assert.StartsWith("warning: the environment variable RAFTSIM_ELECTON_TIMEOUT is no setting and is ignored\n",
            run.Error.Text, StringComparison.Ordinal);
    }

    // Goal: a port in use ends the program with one line that says whose it is.
    [Fact]
    public async Task An_HTTP_port_in_use_is_told_in_one_line()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();

        string line = await InProcess.FailAsync(_folder.Path, null,
            "server", "--name", "s1", "--ephemeral", "--http", $"{other.LocalEndpoint}", "--rpc", "127.0.0.1:0");

        Assert.Equal($"error: HTTP address {other.LocalEndpoint} of s1: is in use; give another one, or stop who uses it", line);
    }

    // Goal: the same holds for the Raft port.
    [Fact]
    public async Task A_Raft_port_in_use_is_told_in_one_line()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();

        string line = await InProcess.FailAsync(_folder.Path, null,
            "server", "--name", "s1", "--ephemeral", "--http", "127.0.0.1:0", "--rpc", $"{other.LocalEndpoint}");

        Assert.Equal($"error: Raft address of s1: cannot listen at {other.LocalEndpoint}: the port is in use", line);
    }

    // Goal: the data folder must be a folder, and the message says which one is not.
    [Fact]
    public async Task A_data_folder_that_is_a_file_is_told_in_one_line()
    {
        string file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "not a folder");

        string line = await InProcess.FailAsync(_folder.Path, null,
            "server", "--name", "s1", "--data-dir", file, "--http", "127.0.0.1:0", "--rpc", "127.0.0.1:0");

        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(file, line, StringComparison.Ordinal);
    }

    private void Configure(string content) => File.WriteAllText(Path.Combine(_folder.Path, "appsettings.json"), content);
}

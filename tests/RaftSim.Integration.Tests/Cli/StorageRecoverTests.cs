using System.Text.Json;
using RaftSim.Integration.Tests.Hosting;
using RaftSim.Runtime;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>
/// <c>raftsim storage recover</c>: what it says, what it asks, and what it writes. StorageRecoverClusterTests shows
/// what becomes of the cluster.
/// </summary>
public sealed class StorageRecoverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _data;

    public StorageRecoverTests()
    {
        _data = Path.Combine(_folder.Path, "s1");
        StoredFolder.Make(_data);
    }

    public void Dispose() => _folder.Dispose();

    // Goal: the price is told before anything is written; the right answer, and only that, makes it so.
    [Fact]
    public async Task The_right_answer_makes_it_so()
    {
        (string text, _) = await RecoverAsync(0, "server-1\n", "a=10.0.0.1:1");

        Assert.Contains(
            $"The folder {_data} belongs to server server-1 at 10.0.0.1:1.\n", text, StringComparison.Ordinal);
        Assert.Contains("is to replace the membership of entry 5:\n", text, StringComparison.Ordinal);
        Assert.Contains("server-1  10.0.0.1:1  a     voter      voter, this server\n", text, StringComparison.Ordinal);
        Assert.Contains("server-3  10.0.0.3:1        non-voter  removed\n", text, StringComparison.Ordinal);
        Assert.Contains("  1. Entries that were acknowledged by servers that are gone", text, StringComparison.Ordinal);
        Assert.Contains("  2. Entries of this log that were never committed become", text, StringComparison.Ordinal);
        Assert.Contains("  3. A server that is removed must never be started with", text, StringComparison.Ordinal);
        Assert.Contains("  4. Only one server may be treated like this", text, StringComparison.Ordinal);
        Assert.Contains("Type the server's id to go on: Done: entry 13 of term ", text, StringComparison.Ordinal);
        JsonElement after = await InspectAsync();
        Assert.Equal(13, after.GetProperty("LastIndex").GetInt32());
        Assert.Equal(after.GetProperty("Term").GetUInt64(), after.GetProperty("LastTerm").GetUInt64());
        Assert.True(after.GetProperty("Term").GetUInt64() > 1 << 20);
        Assert.Equal("server-1", after.GetProperty("Vote").GetString());
        Assert.Equal(13, after.GetProperty("Configuration").GetProperty("Index").GetInt32());
        Assert.Equal(
            """[{"ID":"server-1","Address":"10.0.0.1:1","Disk":"00000000000000010000000000000002","Voter":true,"""
            + "\"AddedAt\":1}]",
            after.GetProperty("Configuration").GetProperty("Servers").GetRawText());
        Assert.Equal(4, after.GetProperty("AutopilotIfAllApplied").GetProperty("ModifyIndex").GetInt32());
        await InProcess.EndAsync(0, _folder.Path, null, "storage", "verify", "--data-dir", _data);
    }

    // Goal: any other answer, and none at all, changes nothing.
    [Theory]
    [InlineData("yes\n")]
    [InlineData("\n")]
    [InlineData("SERVER-1\n")]
    [InlineData("")]
    public async Task Any_other_answer_changes_nothing(string answer)
    {
        string before = StoredFolder.Fingerprint(_data);

        (string text, string error) = await RecoverAsync(1, answer, "10.0.0.1:1");

        Assert.Contains("What this gives up:", text, StringComparison.Ordinal);
        Assert.Equal("error: the answer is not server-1: nothing was changed\n", error);
        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Goal: a script need not answer, but is told the same; what a crash left at the end of the log is dropped.
    [Fact]
    public async Task Yes_skips_the_question_alone()
    {
        StoredFolder.Overwrite(_data, StoredFolder.Third, 21_184, "RSF1 torn"u8);

        (string text, _) = await RecoverAsync(0, "", "10.0.0.1:1,x=10.0.0.3:1", "--yes");

        Assert.Contains("What this gives up:", text, StringComparison.Ordinal);
        Assert.Contains($"note: {StoredFolder.Third}, offset 21184: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Type the server's id", text, StringComparison.Ordinal);
        JsonElement servers = (await InspectAsync()).GetProperty("Configuration").GetProperty("Servers");
        Assert.Equal(
            ["server-1 True 1", "server-3 True 5"],
            servers.EnumerateArray().Select(server =>
                $"{server.GetProperty("ID")} {server.GetProperty("Voter")} {server.GetProperty("AddedAt")}"));
    }

    // Goal: who has a majority is told to try without.
    [Fact]
    public async Task A_majority_is_told_that_it_needs_no_recovery()
    {
        (string text, _) = await RecoverAsync(1, "", "10.0.0.1:1,10.0.0.2:1");

        Assert.Contains("note: these servers are a majority of the voters: ", text, StringComparison.Ordinal);
    }

    // Goal: what is wrong with the list is told in one line, and nothing is written.
    [Theory]
    [InlineData("10.0.0.1:1,10.0.0.9:1", "10.0.0.9:1 is not in the latest configuration in its log, at index 5; there "
        + "are 10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1")]
    [InlineData("10.0.0.2:1", "must include 10.0.0.1:1, the server that this folder belongs to")]
    [InlineData("a=10.0.0.1:1,b=10.0.0.1:1", "must not list b=10.0.0.1:1 twice")]
    [InlineData("a=10.0.0.1:1,a=10.0.0.2:1", "must not list a=10.0.0.2:1 twice")]
    [InlineData("server-1", "\"server-1\" must be NAME=IP:PORT or IP:PORT")]
    [InlineData("10.0.0.1:1,", "\"\" must be NAME=IP:PORT or IP:PORT")]
    public async Task A_wrong_list_of_peers_is_told_in_one_line(string peers, string rule)
    {
        string before = StoredFolder.Fingerprint(_data);

        Assert.Equal($"error: --peers \"{peers}\": {rule}", await InProcess.FailAsync(
            _folder.Path, null, "storage", "recover", "--data-dir", _data, "--yes", "--peers", peers));
        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Goal: a second time there is nothing to do, and that is said.
    [Fact]
    public async Task A_second_recovery_has_nothing_to_do()
    {
        await RecoverAsync(0, "", "10.0.0.1:1", "--yes");

        Assert.Equal(
            "error: --peers \"10.0.0.1:1\": these are the voters of the latest configuration in its log, at index 13, "
            + "already: there is nothing to recover",
            await InProcess.FailAsync(
                _folder.Path, null, "storage", "recover", "--data-dir", _data, "--yes", "--peers", "10.0.0.1:1"));
    }

    // Goal: without a list, with a running server, and in a folder that holds no log, nothing happens.
    [Fact]
    public async Task What_it_needs_is_told_in_one_line()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName;

        Assert.Equal("error: --peers: must be given", await InProcess.FailAsync(
            _folder.Path, null, "storage", "recover", "--data-dir", _data));
        Assert.Equal("error: --data-dir \"empty\": is empty: there is no log in it", await InProcess.FailAsync(
            _folder.Path, null, "storage", "recover", "--data-dir", "empty", "--peers", "10.0.0.1:1"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(empty));
        using FileDisk server = new(_data, _ => { });
        Assert.Equal(
            $"error: data folder {_data}: is in use by a running server; stop it first",
            await InProcess.FailAsync(
                _folder.Path, null, "storage", "recover", "--data-dir", _data, "--peers", "10.0.0.1:1"));
    }

    // Goal: while an operator thinks, no server can start on the folder and outdate what was shown.
    [Fact]
    public async Task The_folder_is_held_while_the_operator_thinks()
    {
        Thinking operatorInput = new(_data);
        await InProcess.EndAsync(
            1, _folder.Path, terminal => terminal with { In = operatorInput },
            "storage", "recover", "--data-dir", _data, "--peers", "10.0.0.1:1");

        Assert.Equal($"data folder {_data}: is in use by another server", operatorInput.Refusal);
    }

    private Task<(string Out, string Error)> RecoverAsync(
        int exit, string answer, string peers, params string[] more) =>
        InProcess.EndAsync(
            exit, _folder.Path, terminal => terminal with { In = new StringReader(answer) },
            ["storage", "recover", "--data-dir", _data, "--peers", peers, .. more]);

    private async Task<JsonElement> InspectAsync()
    {
        (string text, _) =
            await InProcess.EndAsync(0, _folder.Path, null, "storage", "inspect", "--json", "--data-dir", _data);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    // Tries to start a server before it answers.
    private sealed class Thinking(string folder) : TextReader
    {
        public string Refusal { get; private set; } = "";

        public override string? ReadLine()
        {
            Refusal = Assert.Throws<DataFolderException>(() => new FileDisk(folder, _ => { })).Message;
            return null;
        }
    }
}

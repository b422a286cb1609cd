using System.Text.Json;
using RaftSim.Integration.Tests.Hosting;
using RaftSim.Runtime;

namespace RaftSim.Integration.Tests.Cli;

/// <summary><c>raftsim storage inspect</c>: what is in a stopped server's folder, and nothing is written.</summary>
public sealed class StorageInspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _data;

    public StorageInspectTests()
    {
        _data = Path.Combine(_folder.Path, "s1");
        StoredFolder.Make(_data);
    }

    public void Dispose() => _folder.Dispose();

    // Goal: everything that a server keeps is told; the folder is as it was.
    [Fact]
    public async Task A_folder_is_told_and_not_touched()
    {
        string before = StoredFolder.Fingerprint(_data);

        string text = await InspectAsync();

        Assert.Equal(
            $"""
            Folder       {_data}
            Server       server-1
            Disk         00000000000000010000000000000002
            Cluster      00000000000000070000000000000008
            Term         3
            Vote         server-1
            First entry  1
            Last entry   12, of term 3
            Entries      1 noop, 9 command (7 of the user), 2 configuration
            Snapshot     none

            Latest configuration, entry 5 of term 3
              Server    Address     Suffrage   Added at
              server-1  10.0.0.1:1  voter      1         this server
              server-2  10.0.0.2:1  voter      1
              server-3  10.0.0.3:1  non-voter  5

            Autopilot configuration, if every entry is applied (which of them are committed is not stored)
              CleanupDeadServers       true
              LastContactThreshold     200ms
              MaxTrailingLogs          77
              MinQuorum                0
              ServerStabilizationTime  10s
              EnableRedundancyZones    false
              DisableUpgradeMigration  false
              EnableCustomUpgrades     false
              CreateIndex              3
              ModifyIndex              4

            Segments
              File                      Bytes  Used   Frames
              log-0000000000000001.seg  65536  62504  17
              log-0000000000000002.seg  65536  61504  7
              log-0000000000000003.seg  65536  21184  2
            Synced through frame 23 of 24, as far as the log itself proves it

            """,
            text);
        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Goal: entries are listed with what they say.
    [Fact]
    public async Task Entries_are_listed_with_their_gist()
    {
        string text = await InspectAsync("--entries", "2..6");

        string[] lines = text[text.IndexOf("\nEntries\n", StringComparison.Ordinal)..]
            .Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal("Index  Term  Kind           Bytes  What", lines[2]);
        Assert.Equal("2      3     noop           0", lines[3]);
        Assert.Equal(
            "3      3     command        50     autopilot's first settings: CleanupDeadServers=true "
            + "LastContactThreshold=200ms MaxTrailingLogs=250 MinQuorum=0 ServerStabilizationTime=10s "
            + "EnableRedundancyZones=false DisableUpgradeMigration=false EnableCustomUpgrades=false; "
            + "by server-1 at 1970-01-01T00:00:01.000Z",
            lines[4]);
        Assert.StartsWith(
            "4      3     command        53     autopilot's settings if ModifyIndex is 3: CleanupDeadServers=true ",
            lines[5], StringComparison.Ordinal);
        Assert.Equal(
            "5      3     configuration  135    10.0.0.1:1 voter, 10.0.0.2:1 voter, 10.0.0.3:1 non-voter", lines[6]);
        Assert.Equal(
            "6      3     command        20035  user's command of 20000 bytes; by server-1 at 1970-01-01T00:00:03.000Z",
            lines[7]);
        Assert.Equal([""], lines[8..]);
    }

    // Goal: programs get one object in one line, its members always in the same order.
    [Fact]
    public async Task JSON_is_one_object_in_one_line()
    {
        string text = await InspectAsync("--json", "--entries", "5..5");

        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Equal(
            "Folder Server Disk Cluster Term Vote FirstIndex LastIndex LastTerm Counts Snapshot Configuration "
            + "AutopilotIfAllApplied Segments Unfinished Frames SyncedThrough Entries",
            string.Join(' ', json.RootElement.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(12, json.RootElement.GetProperty("LastIndex").GetInt32());
        JsonElement settings = json.RootElement.GetProperty("AutopilotIfAllApplied");
        Assert.Equal(77, settings.GetProperty("MaxTrailingLogs").GetInt32());
        Assert.Contains(
            """{"ID":"server-3","Address":"10.0.0.3:1","Disk":"00000000000000010000000000000004","Voter":false,""",
            text, StringComparison.Ordinal);
        Assert.Contains(
            """[{"Index":5,"Term":3,"Kind":"configuration","Bytes":135,"What":"10.0.0.1:1 voter, 10.0.0.2:1 voter""",
            text, StringComparison.Ordinal);
    }

    // Goal: a server that was started once and never joined a cluster has a folder, too.
    [Fact]
    public async Task A_log_without_entries_is_told()
    {
        string empty = Path.Combine(_folder.Path, "empty");
        StoredFolder.Write(empty, []);

        (string text, _) = await InProcess.EndAsync(0, _folder.Path, null, "storage", "inspect", "--data-dir", empty);

        Assert.Contains("Cluster      none yet\n", text, StringComparison.Ordinal);
        Assert.Contains("Last entry   none\n", text, StringComparison.Ordinal);
        Assert.Contains("Latest configuration: none\n", text, StringComparison.Ordinal);
        Assert.Contains("Autopilot configuration: none\n", text, StringComparison.Ordinal);
        Assert.Equal("error: --entries \"1..5\": the log has no entries", await InProcess.FailAsync(
            _folder.Path, null, "storage", "inspect", "--data-dir", empty, "--entries", "1..5"));
    }

    // Goal: a copy without the lock file is read without making one; and several may read at once.
    [Fact]
    public async Task A_copy_without_a_lock_is_read_as_it_is()
    {
        File.Delete(Path.Combine(_data, ".lock"));
        using DataFolder other = DataFolder.OpenToRead(_data);

        await InspectAsync();

        Assert.False(File.Exists(Path.Combine(_data, ".lock")));
    }

    // Goal: while somebody writes, nothing is told: it would be a mix.
    [Fact]
    public async Task A_folder_in_use_is_told_in_one_line()
    {
        using FileDisk server = new(_data, _ => { });

        foreach (string tool in new[] { "inspect", "verify" })
        {
            Assert.Equal(
                $"error: data folder {_data}: is in use by a running server; stop it first",
                await InProcess.FailAsync(_folder.Path, null, "storage", tool, "--data-dir", _data));
        }
    }

    // Goal: wrong ranges are told with the rule.
    [Theory]
    [InlineData("5", "must be A..B, two indexes from 1, the smaller one first")]
    [InlineData("0..5", "must be A..B, two indexes from 1, the smaller one first")]
    [InlineData("6..5", "must be A..B, two indexes from 1, the smaller one first")]
    [InlineData("a..b", "must be A..B, two indexes from 1, the smaller one first")]
    [InlineData("13..20", "the log has the entries 1 to 12")]
    public async Task A_wrong_range_is_told_in_one_line(string entries, string rule) => Assert.Equal(
        $"error: --entries \"{entries}\": {rule}",
        await InProcess.FailAsync(
            _folder.Path, null, "storage", "inspect", "--data-dir", _data, "--entries", entries));

    private async Task<string> InspectAsync(params string[] args)
    {
        (string text, string error) =
            await InProcess.EndAsync(0, _folder.Path, null, ["storage", "inspect", "--data-dir", _data, .. args]);
        Assert.Equal("", error);
        return text;
    }
}

using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary><c>raftsim storage verify</c>: whether a server would start from a folder; nothing is repaired.</summary>
public sealed class StorageVerifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _data;

    public StorageVerifyTests()
    {
        _data = Path.Combine(_folder.Path, "s1");
        StoredFolder.Make(_data);
    }

    public void Dispose() => _folder.Dispose();

    // Goal: a good log is counted, and the folder is as it was.
    [Fact]
    public async Task A_good_log_is_counted()
    {
        string before = StoredFolder.Fingerprint(_data);

        (string text, string error) = await VerifyAsync(0);

        Assert.Matches("^ok: 3 segments, 26 frames, 12 entries, [0-9]+\\.[0-9] MB/s\n$", text);
        Assert.Equal("", error);
        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Goal: who waits for a large folder sees how far it is, beside the result.
    [Fact]
    public async Task Progress_of_a_long_reading_goes_to_the_error_output()
    {
        (string text, string error) = await InProcess.EndAsync(
            0, _folder.Path, terminal => terminal with { Time = new SlowTime() },
            "storage", "verify", "--data-dir", _data);

        Assert.StartsWith("ok: ", text, StringComparison.Ordinal);
        Assert.Contains("2 of 3 segments read, 0 MiB\n", error, StringComparison.Ordinal);
    }

    // Goal: what a crash leaves is a note: the server drops it by itself.
    [Fact]
    public async Task A_torn_tail_is_a_note()
    {
        StoredFolder.Overwrite(_data, StoredFolder.Third, 21184, "RSF1 torn"u8);
        await File.WriteAllBytesAsync(Path.Combine(_data, "log-0000000000000004.seg.tmp"), new byte[10]);
        string before = StoredFolder.Fingerprint(_data);

        (string text, _) = await VerifyAsync(0);

        Assert.StartsWith(
            $"note: {StoredFolder.Third}, offset 21184: behind the last frame stand 9 bytes of a write that a crash "
            + "cut off and nobody was told of (the checksum of the frame's head does not match); "
            + "the server drops them at its start\n"
            + "note: log-0000000000000004.seg.tmp: it was still being made; "
            + "the server deletes it at its start\n"
            + "ok: 3 segments, ", text, StringComparison.Ordinal);
        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Goal: damage below what was synced is an error with file and offset.
    [Fact]
    public async Task A_flipped_bit_in_a_middle_segment_is_an_error()
    {
        StoredFolder.Flip(_data, StoredFolder.Second, 30_000);

        await RefusedAsync($"{StoredFolder.Second}, offset 21184: the checksum of the frame's body does not match; "
            + "frame 19 belongs here, and offset 61504 says that all up to 22 was synced");
    }

    // Goal: the same for a segment that is gone, and for heads that are cut, overwritten or of a later format.
    [Fact]
    public async Task A_missing_segment_and_bad_heads_are_errors()
    {
        File.Move(Path.Combine(_data, StoredFolder.Second), Path.Combine(_data, "elsewhere"));
        await RefusedAsync(
            $"{StoredFolder.Second}, offset 0: the segment is missing, but there is {StoredFolder.Third}");

        File.Move(Path.Combine(_data, "elsewhere"), Path.Combine(_data, StoredFolder.Second));
        StoredFolder.Cut(_data, StoredFolder.Second, 1023);
        await RefusedAsync($"{StoredFolder.Second}, offset 0: the file ends inside its head of 1024 bytes");

        StoredFolder.Overwrite(_data, StoredFolder.First, 8, [1, 0, 0, 0]);
        await RefusedAsync($"{StoredFolder.First}, offset 0: format version 1 is not known (this program knows 2)");

        StoredFolder.Overwrite(_data, StoredFolder.First, 0, "no log"u8);
        await RefusedAsync($"{StoredFolder.First}, offset 0: this is not the head of a log segment");
    }

    // Goal: an entry that the log holds rightly but no server could use is found, with the frame that it stands in.
    [Fact]
    public async Task An_entry_that_no_server_can_use_is_an_error()
    {
        byte[] later = [9];
        StoredFolder.Write(_data,
            [new(13, null, null, null, StoredFolder.Slices(new LogEntry(new(13), new(3), EntryKind.Command, later)))]);

        await RefusedAsync($"{StoredFolder.Third}, offset 21184: entry 13: a command in the log cannot be read: "
            + "format version 9 is newer than 1, the newest known here");
    }

    // Goal: a folder that holds no log is told apart from one that is damaged; and where the right one is.
    [Fact]
    public async Task What_is_no_data_folder_is_told_in_one_line()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName;
        string file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "");

        Assert.Equal("error: --data-dir: must be given", await FailAsync());
        Assert.Equal(
            $"error: data folder {Path.Combine(_folder.Path, "nowhere")}: does not exist",
            await FailAsync("--data-dir", "nowhere"));
        Assert.Equal($"error: data folder {file}: is a file, not a folder", await FailAsync("--data-dir", "file"));
        Assert.Equal(
            "error: --data-dir \"empty\": is empty: there is no log in it", await FailAsync("--data-dir", "empty"));
        Assert.Equal(
            $"error: --data-dir \".\": must be the folder of one server, such as {Path.Combine(".", "s1")}",
            await FailAsync("--data-dir", "."));
        Directory.CreateDirectory(Path.Combine(empty, "music"));
        Assert.Equal(
            "error: --data-dir \"empty\": is no server's data folder: there is no segment of a log in it",
            await FailAsync("--data-dir", "empty"));
        Assert.Equal([Path.Combine(empty, "music")], Directory.EnumerateFileSystemEntries(empty));
    }

    private Task<(string Out, string Error)> VerifyAsync(int exit) =>
        InProcess.EndAsync(exit, _folder.Path, null, "storage", "verify", "--data-dir", _data);

    private Task<string> FailAsync(params string[] args) =>
        InProcess.FailAsync(_folder.Path, null, ["storage", "verify", .. args]);

    // Every tool says the same.
    private async Task RefusedAsync(string damage)
    {
        string before = StoredFolder.Fingerprint(_data);
        foreach (string tool in new[] { "verify", "inspect", "recover --peers 10.0.0.1:1 --yes" })
        {
            Assert.Equal(
                $"error: --data-dir \"{_data}\": {damage}",
                await InProcess.FailAsync(
                    _folder.Path, null, ["storage", .. tool.Split(' '), "--data-dir", _data]));
        }

        Assert.Equal(before, StoredFolder.Fingerprint(_data));
    }

    // Three seconds pass between any two looks at the clock.
    private sealed class SlowTime : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _looks += 3;
    }
}

using System.Globalization;
using RaftSim.Runtime;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Cli.Commands;

/// <summary>
/// The log in the folder that a command was given, with everything that can be wrong with it told in one line.
/// </summary>
internal sealed class StoredLog
{
    private static readonly TimeSpan _progressEvery = TimeSpan.FromSeconds(2);

    private readonly Terminal _terminal;
    private readonly string _given;
    private long _toldAt;

    /// <summary>Takes the folder as it was typed.</summary>
    public StoredLog(Terminal terminal, string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            throw new UsageException("--data-dir: must be given");
        }

        _terminal = terminal;
        _given = folder;
        Folder = Path.GetFullPath(folder, terminal.Folder);
        _toldAt = terminal.Time.GetTimestamp();
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>
    /// Reads it, for looking only: what is in it and what that means. Throws <see cref="UsageException"/> when a server
    /// would refuse it, or stop on one of its entries.
    /// </summary>
    public (LogReading Reading, LogContents Contents) Read()
    {
        using DataFolder folder = DataFolder.OpenToRead(Folder);
        return Read(folder);
    }

    /// <summary>The same of a folder that is open.</summary>
    public (LogReading Reading, LogContents Contents) Read(DataFolder folder)
    {
        LogReading reading = folder.Read(TellProgress);
        if (reading.Damage is { } damage)
        {
            throw Damaged(damage);
        }

        if (reading.Segments.Count == 0)
        {
            throw new UsageException($"--data-dir \"{_given}\": {WhatElse()}");
        }

        LogContents contents = LogContents.Of(reading);
        return contents.Problem is { } problem
            ? throw Damaged(reading.DamageAt(problem.Index, problem.Rule))
            : (reading, contents);
    }

    private UsageException Damaged(LogDamage damage) => new($"--data-dir \"{_given}\": {damage}");

    private string WhatElse()
    {
        string[] servers = [.. Directory.EnumerateDirectories(Folder)
            .Where(each => Directory.EnumerateFiles(each, "log-*.seg").Any())
            .Order(StringComparer.Ordinal)];
        if (servers.Length > 0)
        {
            return $"must be the folder of one server, such as {Path.Combine(_given, Path.GetFileName(servers[0]))}";
        }

        return Directory.EnumerateFileSystemEntries(Folder).Any()
            ? "is no server's data folder: there is no segment of a log in it"
            : "is empty: there is no log in it";
    }

    private void TellProgress(LogProgress progress)
    {
        long now = _terminal.Time.GetTimestamp();
        if (_terminal.Time.GetElapsedTime(_toldAt, now) >= _progressEvery)
        {
            _toldAt = now;
            _terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{progress.Segments} of {progress.Of} segments read, {progress.Bytes >> 20} MiB"));
        }
    }
}

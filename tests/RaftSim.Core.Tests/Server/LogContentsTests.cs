using RaftSim.Core.Tests.Storage;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;
using static RaftSim.Core.Tests.Server.StoredClusters;

namespace RaftSim.Core.Tests.Server;

/// <summary>What a stored log means.</summary>
public sealed class LogContentsTests
{
    // Goal: the latest configuration is in force (dissertation §4.1), settings have the indexes that a server gives
    // them.
    [Fact]
    public void The_last_of_each_counts()
    {
        LogContents contents = Of(
            Entry(1, 1, Configured(1), Configured(2)), Noop(2, 2), Entry(3, 2, Initialize()), Entry(4, 2, User()),
            Entry(5, 2, Set(77)), Entry(6, 3, Configured(1)));

        Assert.Null(contents.Problem);
        Assert.Equal((new LogIndex(6), new Term(3)), (contents.ConfigurationIndex, contents.ConfigurationTerm));
        Assert.Equal(1, contents.Configuration.VoterCount);
        Assert.Equal(77UL, contents.State.Autopilot!.MaxTrailingLogs);
        Assert.Equal((new LogIndex(3), new LogIndex(5)), (contents.State.CreateIndex, contents.State.ModifyIndex));
        Assert.Equal(
            (1, 3, 1, 2), (contents.Noops, contents.Commands, contents.UserCommands, contents.Configurations));
    }

    // Goal: an empty log means nothing yet.
    [Fact]
    public void An_empty_log_holds_nothing()
    {
        LogContents contents = LogContents.Of(StoredLogs.Read(new MemoryDisk()));

        Assert.Same(Configuration.Empty, contents.Configuration);
        Assert.Null(contents.State.Autopilot);
        Assert.Null(contents.Problem);
    }

    // Goal: what would stop a server is found: a term that falls, bytes that are no command and no configuration.
    [Fact]
    public void What_cannot_be_used_is_named()
    {
        LogEntry first = Entry(1, 2, Configured(1));
        Assert.Equal((new LogIndex(2), "its term 1 comes after term 2"), Of(first, Noop(2, 1)).Problem);
        Assert.Equal((new LogIndex(1), "its term 0 comes after term 0"), Of(Noop(1, 0)).Problem);

        byte[] later = [9];
        LogEntry command = new(new(2), new(2), EntryKind.Command, later);
        (LogIndex index, string rule) = Of(first, command).Problem!.Value;
        Assert.Equal(new LogIndex(2), index);
        Assert.Equal(
            "a command in the log cannot be read: format version 9 is newer than 1, the newest known here", rule);

        rule = Of(first, new LogEntry(new(2), new(2), EntryKind.Configuration, later)).Problem!.Value.Rule;
        Assert.StartsWith("a configuration in the log cannot be read: ", rule, StringComparison.Ordinal);
    }

    private static LogContents Of(params LogEntry[] entries) =>
        LogContents.Of(StoredLogs.Read(Folder(1, entries)));
}

using RaftSim.Core.Tests.Raft;
using RaftSim.Core.Tests.Storage;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;
using RaftSim.Wire;
using static RaftSim.Core.Tests.Server.StoredClusters;

namespace RaftSim.Core.Tests.Server;

/// <summary>A new membership for a server whose cluster has lost its majority for good.</summary>
public sealed class MembershipRecoveryTests
{
    // Goal: a crash between a fetched snapshot and the log behind it leaves entries that the snapshot contradicts; the new
    // membership must begin behind the snapshot, or the server would drop it with them (dissertation §5.2).
    [Fact]
    public void A_log_that_a_snapshot_replaces_begins_anew()
    {
        Configuration three = new([Configured(1), Configured(2), Configured(3)]);
        MemoryDisk disk = Folder(4, [Entry(1, 1, Configured(1), Configured(2), Configured(3)),
            .. Enumerable.Range(2, 11).Select(i => Noop((ulong)i, 1))]);
        ReadOnlyMemory<byte> stored = WireCodec.Configurations.Encode(three);
        Install(disk, new(new(10), new(3)), new SnapshotManifest(new(1), stored, null, default, default, default));

        LogReading reading = StoredLogs.Read(disk);
        LogContents contents = LogContents.Of(reading);
        Assert.Equal((true, new LogPosition(new(10), new(3))), (contents.IsLogReplaced, contents.Last));
        MembershipRecovery plan = MembershipRecovery.Plan(reading, [Address(1)], new Prng(1), out string problem)!;
        Assert.Equal("", problem);
        WriteAheadLog log = new(disk, StoredLogs.Options);
        log.Open();
        StoredLogs.Drain(disk, log);
        log.Append(plan.Batch);
        log.Flush();
        StoredLogs.Drain(disk, log);

        RaftNode node = new(
            new RaftOptions { Self = StoredLogs.S1, Codec = WireCodec.Configurations },
            StoredLogs.Start(disk).State! with
            {
                Snapshot = new SnapshotHandle(new(new(10), new(3)), new(1), stored, 1),
            },
            new Prng(1),
            new MonoTime(0));
        Assert.Equal((new LogIndex(11), 1), (node.Status.LastIndex, node.Status.Configuration.Servers.Length));
    }

    // Goal: the listed servers are voters with the identities they had; the entry's term is above all that were used,
    // and the vote in it is the server's own.
    [Fact]
    public void The_listed_servers_go_on_as_they_were()
    {
        ConfiguredServer late = Configured(3, Suffrage.NonVoter, addedAt: 2);
        MemoryDisk folder = Folder(
            5, Entry(1, 1, Configured(1), Configured(2)), Entry(2, 4, Configured(1), Configured(2), late));

        MembershipRecovery plan = Plan(folder, out _, 1, 3)!;

        Assert.Equal([Configured(1), late with { Suffrage = Suffrage.Voter }], plan.After.Servers.ToArray());
        Assert.Equal((new LogIndex(2), new LogIndex(3)), (plan.BeforeIndex, plan.Index));
        Assert.Equal(new Term(5), plan.TermBefore);
        Assert.InRange(plan.Term.Value, 5UL + (1 << 20), 5UL + (2 << 20));
        Assert.Equal(new HardState(plan.Term, StoredLogs.S1), plan.Batch.HardState);
        Assert.False(plan.IsMajority);
    }

    // Goal: the log may hold a later term than the stored one: the first configuration's was never voted in.
    [Fact]
    public void The_term_is_above_that_of_the_last_entry()
    {
        MembershipRecovery plan = Plan(Folder(2, Entry(1, 9, Configured(1), Configured(2))), out _, 1)!;

        Assert.Equal(new Term(9), plan.TermBefore);
        Assert.True(plan.Term > new Term(9));
    }

    // Goal: two recoveries of copies of one folder must not make two entries of one index and term.
    [Fact]
    public void Each_recovery_draws_a_term_of_its_own()
    {
        LogReading reading = StoredLogs.Read(Folder(2, Entry(1, 1, Configured(1), Configured(2))));

        Term first = MembershipRecovery.Plan(reading, [Address(1)], new Prng(1), out _)!.Term;
        Term second = MembershipRecovery.Plan(reading, [Address(1)], new Prng(2), out _)!.Term;

        Assert.NotEqual(first, second);
    }

    // Goal: a majority needs no recovery, and is told so.
    [Fact]
    public void A_majority_is_told_apart()
    {
        MemoryDisk folder = Folder(2, Entry(1, 1, Configured(1), Configured(2), Configured(3)));

        Assert.True(Plan(folder, out _, 1, 2)!.IsMajority);
        Assert.False(Plan(folder, out _, 1)!.IsMajority);
    }

    // Goal: what cannot be is refused with the rule.
    [Theory]
    [InlineData("1 4", "10.0.0.4:1 is not in the latest configuration in its log, at index 1; there are "
        + "10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1")]
    [InlineData("2", "must include 10.0.0.1:1, the server that this folder belongs to")]
    [InlineData("3 2 1", "these are the voters of the latest configuration in its log, at index 1, already: "
        + "there is nothing to recover")]
    public void A_wrong_list_is_refused(string listed, string rule)
    {
        MemoryDisk folder = Folder(2, Entry(1, 1, Configured(1), Configured(2), Configured(3)));

        Assert.Null(Plan(folder, out string problem, [.. listed.Split(' ').Select(int.Parse)]));
        Assert.Equal(rule, problem);
    }

    // Goal: a folder that cannot lead a cluster is refused with the reason.
    [Fact]
    public void A_wrong_folder_is_refused()
    {
        Assert.Null(Plan(Folder(2, Noop(1, 1)), out string problem, 1));
        Assert.Equal("the log of server s1 holds no configuration: it was never in a cluster", problem);

        MemoryDisk removed = Folder(2, Entry(1, 1, Configured(1), Configured(2)), Entry(2, 1, Configured(2)));
        Assert.Null(Plan(removed, out problem, 2));
        Assert.Equal("server s1 is not in the latest configuration in its log, at index 2: it was removed, so go to "
            + "one that is", problem);

        ConfiguredServer wiped = Configured(1) with { Disk = new(5, 5) };
        Assert.Null(Plan(Folder(2, Entry(1, 1, wiped, Configured(2))), out problem, 1));
        Assert.Equal($"the latest configuration in its log, at index 1, knows server s1 with the disk {wiped.Disk}, "
            + $"but this is disk {StoredLogs.D1}", problem);

        MemoryDisk falling = Folder(2, Entry(1, 2, Configured(1), Configured(2)), Noop(2, 1));
        Assert.Throws<ArgumentException>(() => Plan(falling, out _, 1));
    }

    // Goal: started on the folder, the server elects itself and commits everything in it, a change of configuration
    // that was under way included (dissertation §4.1: the latest one counts); and its vote in the recovery's term is
    // given.
    [Fact]
    public void The_server_leads_alone_and_commits_its_log()
    {
        MemoryDisk folder = Folder(
            2, Entry(1, 1, Configured(1), Configured(2), Configured(3)), Entry(2, 2, Set(77)),
            Entry(3, 2, Configured(1), Configured(2), Configured(3), Configured(4, Suffrage.NonVoter, addedAt: 3)));
        MembershipRecovery plan = Plan(folder, out _, 1)!;
        RecoveredState state = Append(folder, plan);
        RaftOptions options = TestCluster.Options(1) with { Self = StoredLogs.S1, Codec = WireCodec.Configurations };
        TestServer server = new(options, new Prng(1), state.Entries, state.HardState);

        server.Step(new RaftMessage
        {
            Kind = RaftMessageKind.Vote, From = new("s2"), To = StoredLogs.S1, Term = plan.Term,
            Index = new(100), LogTerm = plan.Term,
        });
        Assert.True(Assert.Single(server.TakeSent()).Reject);

        server.TickToDeadline();
        server.Flush();
        Assert.Equal((RaftRole.Leader, plan.Term.Next), (server.Status.Role, server.Status.Term));
        Assert.Equal(new LogIndex(5), server.Status.Commit);
        Assert.Equal(plan.After.Servers.ToArray(), server.Status.Configuration.Servers.ToArray());
        Assert.Equal(
            ProposeResult.Accepted,
            server.Node.ChangeConfiguration(
                new(ConfigurationChangeKind.AddNonVoter, new("s2"), Address(2), new(8, 8)), server.Now).Result);
    }

    private static MembershipRecovery? Plan(MemoryDisk folder, out string problem, params int[] listed) =>
        MembershipRecovery.Plan(StoredLogs.Read(folder), [.. listed.Select(Address)], new Prng(1), out problem);

    private static RecoveredState Append(MemoryDisk folder, MembershipRecovery plan)
    {
        WriteAheadLog log = new(folder, StoredLogs.Options);
        log.Open();
        Run();
        log.Append(plan.Batch);
        log.Flush();
        Run();
        return StoredLogs.Start(folder).State!;

        void Run()
        {
            while (folder.TryTakeCompletion(out DiskCompletion completion))
            {
                log.Complete(completion);
            }
        }
    }

    private static void Install(MemoryDisk disk, LogPosition last, SnapshotManifest manifest)
    {
        StoredSnapshot snapshot = new(new(1, 1), new(7, 8), last, 4_096);
        byte[] prefix = SnapshotPrefix.Of(SnapshotMap.Encode(manifest));
        byte[] chunk = new byte[SnapshotFormat.ChunkHeaderBytes + prefix.Length];
        prefix.CopyTo(chunk, SnapshotFormat.ChunkHeaderBytes);
        SnapshotFormat.SealChunk(chunk, snapshot.Id, 0, isLast: true);
        SnapshotRig rig = SnapshotRig.Opened(disk);
        rig.Store.Create(snapshot);
        rig.Store.Write(chunk);
        Assert.Equal(SnapshotStoreEventKind.Finished, Assert.Single(rig.Run()).Kind);
    }
}

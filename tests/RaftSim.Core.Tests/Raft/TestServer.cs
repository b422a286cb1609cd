using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// One server under test with a disk whose writes are completed by hand. Every message it sends is checked against what
/// is on that disk: nothing may rest on what a crash could still take away.
/// </summary>
internal sealed class TestServer
{
    private readonly RaftOptions _options;
    private readonly Prng _prng;
    private readonly List<(ulong Sequence, HardState? HardState, LogIndex? TruncateFrom, LogEntry[] Entries)> _writes = [];
    private ulong _incarnation;

    public TestServer(RaftOptions options, Prng prng, IEnumerable<LogEntry> disk, HardState hardState = default)
    {
        _options = options;
        _prng = prng;
        Disk.AddRange(disk);
        DiskHardState = hardState;
        Node = Start();
    }

    public ServerId Id => _options.Self;

    public RaftNode Node { get; private set; }

    public RaftStatus Status => Node.Status;

    public MonoTime Now { get; private set; }

    /// <summary>What survives a crash.</summary>
    public List<LogEntry> Disk { get; } = [];

    /// <summary>What survives a crash.</summary>
    public HardState DiskHardState { get; private set; }

    /// <summary>Batches handed out and not completed.</summary>
    public int WritesUnderWay => _writes.Count;

    /// <summary>The batches themselves, oldest first.</summary>
    public IReadOnlyList<(ulong Sequence, HardState? HardState, LogIndex? TruncateFrom, LogEntry[] Entries)> Writes =>
        _writes;

    /// <summary>Messages sent and not yet taken by a test.</summary>
    public List<RaftMessage> Sent { get; } = [];

    /// <summary>What this incarnation handed out as committed.</summary>
    public List<LogEntry> Committed { get; } = [];

    /// <summary>Reads that were confirmed.</summary>
    public List<ReadReady> Reads { get; } = [];

    /// <summary>The terms of the log in memory, from index 1 on.</summary>
    public ulong[] LogTerms => Enumerable.Range(1, (int)Status.LastIndex.Value)
        .Select(i => Node.TermAt(new LogIndex((ulong)i)).Value).ToArray();

    public void Step(in RaftMessage message)
    {
        Node.Step(message, Now);
        Pump();
    }

    public void Tick(MonoTime now)
    {
        Now = MonoTime.Max(Now, now);
        Node.Tick(Now);
        Pump();
    }

    public void Sleep(Duration span) => Tick(Now + span);

    /// <summary>Lets time pass without looking at timers: what arrives next arrives that late.</summary>
    public void PassTo(MonoTime now) => Now = MonoTime.Max(Now, now);

    /// <summary>Lets time pass to the next deadline.</summary>
    public void TickToDeadline()
    {
        Assert.NotEqual(MonoTime.Never, Node.NextDeadline);
        Tick(Node.NextDeadline);
    }

    public ProposeOutcome Propose(params byte[] payload)
    {
        ProposeOutcome outcome = Node.Propose([new Proposal(payload)], Now);
        Pump();
        return outcome;
    }

    public ProposeOutcome Change(
        ConfigurationChangeKind kind, ServerId server, string address = "", DiskId disk = default)
    {
        ProposeOutcome outcome = Node.ChangeConfiguration(new(kind, server, new ServerAddress(address), disk), Now);
        Pump();
        return outcome;
    }

    /// <summary>Carries out everything the node wants done, except that writes stay under way.</summary>
    public void Pump()
    {
        while (Node.TryTakeReady(out Ready ready))
        {
            foreach (RaftMessage message in ready.Messages)
            {
                CheckRestsOnDisk(message);
                Sent.Add(message);
            }

            foreach (ReadOnlyMemory<LogEntry> slice in ready.Committed)
            {
                Committed.AddRange(slice.ToArray());
            }

            Reads.AddRange(ready.Reads);
            if (ready.Write is { } batch)
            {
                LogEntry[] entries = batch.Entries.ToArray().SelectMany(s => s.ToArray()).ToArray();
                Assert.False(batch.HardState is null && batch.TruncateFrom is null && entries.Length == 0, "an empty batch");
                _writes.Add((batch.Sequence, batch.HardState, batch.TruncateFrom, entries));
            }
        }

        if (Committed.Count > 0)
        {
            Node.Applied(Committed[^1].Index, Now);
        }
    }

    /// <summary>Makes the oldest batches durable and says so once.</summary>
    public void CompleteWrites(int count = int.MaxValue)
    {
        ulong last = 0;
        for (; count > 0 && _writes.Count > 0; count--)
        {
            last = Persist();
        }

        if (last > 0)
        {
            Node.WriteCompleted(last, Now);
            Pump();
        }
    }

    /// <summary>Completes writes until there are none.</summary>
    public void Flush()
    {
        while (_writes.Count > 0)
        {
            CompleteWrites();
        }
    }

    /// <summary>Loses everything but the disk and, of the writes under way, the oldest <paramref name="surviving"/>; starts again.</summary>
    public void Crash(int surviving = 0)
    {
        for (; surviving > 0 && _writes.Count > 0; surviving--)
        {
            Persist();
        }

        _writes.Clear();
        Sent.Clear();
        Committed.Clear();
        Reads.Clear();
        Node = Start();
    }

    /// <summary>Loses its disk, too, and starts again as a server that never was.</summary>
    public void Wipe()
    {
        Disk.Clear();
        DiskHardState = default;
        Crash();
    }

    /// <summary>Takes the messages sent so far.</summary>
    public RaftMessage[] TakeSent()
    {
        RaftMessage[] sent = [.. Sent];
        Sent.Clear();
        return sent;
    }

    private RaftNode Start() => new(
        _options, new RecoveredState { HardState = DiskHardState, Entries = [.. Disk] }, _prng.Derive(++_incarnation), Now);

    private ulong Persist()
    {
        (ulong sequence, HardState? hardState, LogIndex? truncateFrom, LogEntry[] entries) = _writes[0];
        _writes.RemoveAt(0);
        DiskHardState = hardState ?? DiskHardState;
        if (truncateFrom is { } from)
        {
            Disk.RemoveRange((int)from.Value - 1, Disk.Count - (int)from.Value + 1);
        }

        foreach (LogEntry entry in entries)
        {
            Assert.Equal((ulong)Disk.Count + 1, entry.Index.Value);
            Disk.Add(entry);
        }

        return sequence;
    }

    // Dissertation figure 3.1: persistent state is updated on stable storage before a server responds.
    private void CheckRestsOnDisk(in RaftMessage m)
    {
        bool isHypothetical = m.Kind == RaftMessageKind.PreVote || m is { Kind: RaftMessageKind.PreVoteReply, Reject: false };
        Assert.True(isHypothetical || m.Term <= DiskHardState.Term, $"{Id} tells term {m.Term}, disk has {DiskHardState}: {m}");
        bool isCurrent = m.Term == DiskHardState.Term;
        if (m is { Kind: RaftMessageKind.VoteReply, Reject: false } && isCurrent)
        {
            Assert.Equal(m.To, DiskHardState.Vote);
        }

        if (m.Kind == RaftMessageKind.Vote && isCurrent)
        {
            Assert.Equal(Id, DiskHardState.Vote);
        }

        if (m is { Kind: RaftMessageKind.AppendReply, Reject: false } && isCurrent && m.Index > LogIndex.Zero)
        {
            Assert.True((ulong)Disk.Count >= m.Index.Value, $"{Id} acknowledges {m.Index}, disk ends at {Disk.Count}");
            Assert.Equal(Node.TermAt(m.Index), Disk[(int)m.Index.Value - 1].Term);
        }
    }
}

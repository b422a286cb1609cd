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
    private readonly List<LogBatch> _writes = [];
    private List<LogEntry> _snapshotState = [];
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

    /// <summary>What survives a crash: where <see cref="Disk"/> begins.</summary>
    public LogPosition DiskStart { get; private set; }

    /// <summary>What survives a crash.</summary>
    public SnapshotHandle? DiskSnapshot { get; private set; }

    /// <summary>The snapshot that it was last told to fetch.</summary>
    public SnapshotOffer? Offer { get; private set; }

    /// <summary>What survives a crash.</summary>
    public HardState DiskHardState { get; private set; }

    /// <summary>Batches handed out and not completed.</summary>
    public int WritesUnderWay => _writes.Count;

    /// <summary>The batches themselves, oldest first.</summary>
    public IReadOnlyList<(ulong Sequence, HardState? HardState, LogIndex? TruncateFrom, LogEntry[] Entries)> Writes =>
        [.. _writes.Select(w => (w.Sequence, w.HardState, w.TruncateFrom, w.Entries.Span[0].ToArray()))];

    /// <summary>Messages sent and not yet taken by a test.</summary>
    public List<RaftMessage> Sent { get; } = [];

    /// <summary>What this incarnation handed out as committed.</summary>
    public List<LogEntry> Committed { get; } = [];

    /// <summary>Reads that were confirmed.</summary>
    public List<ReadReady> Reads { get; } = [];

    /// <summary>The terms of the log in memory, from its first entry on.</summary>
    public ulong[] LogTerms => Enumerable.Range(1, (int)(Status.LastIndex - Status.LogStart.Index))
        .Select(i => Node.TermAt(Status.LogStart.Index + (ulong)i).Value).ToArray();

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
            Offer = ready.Install ?? Offer;
            if (ready.Write is { } batch)
            {
                LogEntry[] entries = batch.Entries.ToArray().SelectMany(s => s.ToArray()).ToArray();
                Assert.False(
                    batch.HardState is null && batch.TruncateFrom is null && batch.RestartAt is null && entries.Length == 0,
                    "an empty batch");
                _writes.Add(batch with { Entries = new ReadOnlyMemory<LogEntry>[] { entries } });
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

    /// <summary>
    /// Loses everything but the disk and, of the writes under way, the oldest <paramref name="surviving"/>; starts
    /// again.
    /// </summary>
    public void Crash(int surviving = 0)
    {
        for (; surviving > 0 && _writes.Count > 0; surviving--)
        {
            Persist();
        }

        _writes.Clear();
        Sent.Clear();
        Committed.Clear();
        Committed.AddRange(_snapshotState);
        Reads.Clear();
        Offer = null;
        Node = Start();
    }

    /// <summary>Takes a snapshot of everything applied; the log on the disk is cut as the one in memory is.</summary>
    public void TakeSnapshot()
    {
        SnapshotHandle snapshot = Node.DescribeSnapshot(Status.Applied);
        (DiskSnapshot, _snapshotState) = (snapshot, [.. Committed]);
        Node.SnapshotTaken(snapshot, Now);
        Pump();
        if (_writes.Count == 0 && Status.LogStart.Index > DiskStart.Index)
        {
            Disk.RemoveRange(0, (int)(Status.LogStart.Index - DiskStart.Index));
            DiskStart = Status.LogStart;
        }
    }

    /// <summary>Fetches the offered snapshot from who has it: first it is durable, then the engine is told.</summary>
    public void Fetch(TestServer source, bool crashes = false)
    {
        Offer = null;
        if (source.DiskSnapshot is not { } snapshot || snapshot.Last.Index <= Status.Commit)
        {
            return;
        }

        (DiskSnapshot, _snapshotState) = (snapshot, [.. source._snapshotState]);
        if (crashes)
        {
            Crash();
            return;
        }

        Install(snapshot, _snapshotState);
    }

    /// <summary>Has a snapshot on its disk, and its state, and tells the engine.</summary>
    public void Install(SnapshotHandle snapshot, List<LogEntry> state)
    {
        (DiskSnapshot, _snapshotState) = (snapshot, state);
        Committed.Clear();
        Committed.AddRange(state);
        Node.SnapshotInstalled(snapshot, Now);
        Pump();
    }

    /// <summary>Whether its disk has the entry at an index, in its log or in its snapshot; of the log, with that term.</summary>
    public bool HoldsOnDisk(LogIndex index, Term term)
    {
        if (index <= (DiskSnapshot?.Last.Index ?? LogIndex.Zero))
        {
            return true;
        }

        return index > DiskStart.Index && index <= DiskStart.Index + (ulong)Disk.Count
            && Disk[(int)(index - DiskStart.Index) - 1].Term == term;
    }

    /// <summary>Loses its disk, too, and starts again as a server that never was.</summary>
    public void Wipe()
    {
        Disk.Clear();
        DiskHardState = default;
        (DiskStart, DiskSnapshot, _snapshotState) = (default, null, []);
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
        _options,
        new RecoveredState { HardState = DiskHardState, Snapshot = DiskSnapshot, LogStart = DiskStart, Entries = [.. Disk] },
        _prng.Derive(++_incarnation),
        Now);

    private ulong Persist()
    {
        LogBatch batch = _writes[0];
        _writes.RemoveAt(0);
        DiskHardState = batch.HardState ?? DiskHardState;
        if (batch.RestartAt is { } start)
        {
            Disk.Clear();
            DiskStart = start;
        }

        if (batch.TruncateFrom is { } from)
        {
            int keep = (int)(from.Previous - DiskStart.Index);
            Disk.RemoveRange(keep, Disk.Count - keep);
        }

        foreach (LogEntry entry in batch.Entries.Span[0].Span)
        {
            Assert.Equal(DiskStart.Index + ((ulong)Disk.Count + 1), entry.Index);
            Disk.Add(entry);
        }

        return batch.Sequence;
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
            Term term = m.Index < Status.LogStart.Index ? Term.Zero : Node.TermAt(m.Index);
            Assert.True(HoldsOnDisk(m.Index, term), $"{Id} acknowledges {m.Index} of term {term}, which its disk lacks");
        }
    }
}

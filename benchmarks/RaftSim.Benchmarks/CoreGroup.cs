using RaftSim.Raft;
using RaftSim.Wire;

namespace RaftSim.Benchmarks;

/// <summary>
/// A group of Raft engines wired to each other by one queue: no codec, no checks, disks that are done at once, and no
/// time but what is passed. After every input of an engine everything it wants done is done, so that each proposal and
/// each answer leaves by itself, as in the loop that the figures of other engines were taken with.
/// </summary>
internal sealed class CoreGroup
{
    private static readonly byte[] _payload = new byte[64];

    private readonly RaftNode[] _nodes;
    private readonly ServerId[] _ids;
    private readonly MessageQueue _network = new();
    private readonly Proposal[] _batch;
    private MonoTime _now;

    /// <summary>Makes a group of voters that know each other and have no leader.</summary>
    public CoreGroup(int voters, ulong seed, int batch = 1)
    {
        _nodes = new RaftNode[voters];
        _ids = new ServerId[voters];
        _batch = new Proposal[batch];
        Array.Fill(_batch, new Proposal(_payload));
        ConfiguredServer[] servers = new ConfiguredServer[voters];
        Prng prng = new(seed);
        for (int i = 0; i < voters; i++)
        {
            // As long as real ids are: comparing them is part of the work.
            _ids[i] = new ServerId($"1e0f2a64-5d1c-4c8f-9f4e-0a2b3c4d5e{i:x2}");
            servers[i] = new(_ids[i], new ServerAddress($"host{i}:4647"), new DiskId(1, (ulong)i), Suffrage.Voter, new(1));
        }

        LogEntry first = new(
            new(1), new(1), EntryKind.Configuration, WireCodec.Configurations.Encode(new Configuration(servers)));
        for (int i = 0; i < voters; i++)
        {
            RaftOptions options = new() { Self = _ids[i], Codec = WireCodec.Configurations };
            RecoveredState recovered = new() { HardState = new HardState(new(1), default), Entries = [first] };
            _nodes[i] = new RaftNode(options, recovered, prng.Derive((ulong)i), _now);
        }
    }

    /// <summary>The leader's position; only after <see cref="Elect"/>.</summary>
    public int Leader { get; private set; }

    /// <summary>How many messages were delivered.</summary>
    public int Delivered { get; private set; }

    /// <summary>How many commands the leader has handed out as committed since it was elected.</summary>
    public int Committed { get; private set; }

    /// <summary>Lets election timers run out until a leader has committed the first entry of its term everywhere.</summary>
    public void Elect()
    {
        while (!FindLeader())
        {
            MonoTime next = MonoTime.Never;
            foreach (RaftNode node in _nodes)
            {
                next = MonoTime.Min(next, node.NextDeadline);
            }

            TickAll(next);
            Deliver();
        }

        Committed = 0;
    }

    /// <summary>Proposes one batch at the leader, and lets it send what follows from it.</summary>
    public void Propose()
    {
        ProposeOutcome outcome = _nodes[Leader].Propose(_batch, _now);
        Require(outcome.IsAccepted);
        Pump(Leader);
    }

    /// <summary>Delivers messages until there are none.</summary>
    public void Deliver()
    {
        while (DeliverOne())
        {
        }
    }

    /// <summary>Delivers the oldest message, if there is one.</summary>
    public bool DeliverOne()
    {
        if (!_network.TryTake(out RaftMessage message))
        {
            return false;
        }

        int to = Array.IndexOf(_ids, message.To);
        _nodes[to].Step(message, _now);
        Delivered++;
        Pump(to);
        return true;
    }

    /// <summary>One heartbeat interval passes for every engine, and what follows from it is delivered.</summary>
    public void TickOnce()
    {
        TickAll(_now + Duration.Milliseconds(100));
        Deliver();
    }

    /// <summary>Throws when the group is not what a benchmark takes it for: a figure of something else would be a lie.</summary>
    public static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("the group did not do what is measured");
        }
    }

    private void TickAll(MonoTime now)
    {
        _now = now;
        for (int i = 0; i < _nodes.Length; i++)
        {
            _nodes[i].Tick(now);
            Pump(i);
        }
    }

    private bool FindLeader()
    {
        Leader = Array.FindIndex(_nodes, node => node.Status is { Role: RaftRole.Leader, HasCommittedThisTerm: true });
        return Leader >= 0;
    }

    private void Pump(int number)
    {
        RaftNode node = _nodes[number];
        while (node.TryTakeReady(out Ready ready))
        {
            foreach (ref readonly RaftMessage message in ready.Messages)
            {
                _network.Add(message);
            }

            LogIndex applied = default;
            foreach (ReadOnlyMemory<LogEntry> slice in ready.Committed)
            {
                applied = slice.Span[^1].Index;
                Committed += number == Leader ? slice.Length : 0;
            }

            ulong written = ready.Write?.Sequence ?? 0;
            if (written > 0)
            {
                node.WriteCompleted(written, _now);
            }

            if (applied > LogIndex.Zero)
            {
                node.Applied(applied, _now);
            }
        }
    }
}

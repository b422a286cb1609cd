using RaftSim.Server;
using RaftSim.Simulation;
using RaftSim.Storage;

namespace RaftSim.Core.Tests.Server;

/// <summary>What a server hands to its state machine at a time.</summary>
public sealed class ApplyInPiecesTests
{
    private const int Commands = 2_500;

    private readonly Queue<ulong> _wakes = new();
    private readonly Queue<ServerInput> _inputs = new();
    private readonly List<int> _pieces = [];
    private readonly List<ulong> _applied = [];
    private readonly SimDisk _disk;
    private MonoTime _now = new(1);

    public ApplyInPiecesTests() =>
        _disk = new SimDisk(new Prng(1), new SimDiskOptions(), (wake, _) => _wakes.Enqueue(wake));

    // Goal: a long log that is applied again after a restart must not be copied into one array as large as itself.
    [Fact]
    public void A_long_log_goes_to_the_state_machine_in_pieces_of_1000_in_order_and_whole()
    {
        ServerNode first = Start(seed: 1);
        for (ulong request = 0; request < Commands; request++)
        {
            _inputs.Enqueue(ServerInput.Requested(request, new ProposeRequest(BitConverter.GetBytes(request))));
            Run(first, steps: 1);
        }

        Run(first, steps: 100);
        ulong[] applied = [.. _applied];
        Assert.Equal(Commands, applied.Length);
        _pieces.Clear();
        _applied.Clear();

        Run(Start(seed: 2), steps: 100);

        Assert.Equal(applied, _applied);
        Assert.All(_pieces, length => Assert.InRange(length, 1, 1_000));
        Assert.Contains(1_000, _pieces);
    }

    private ServerNode Start(ulong seed) => new(
        new ServerOptions
        {
            Name = "s0",
            Address = new("s0:4647"),
            Peers = [new ListedPeer("s0", new("s0:4647"))],
            SnapshotEntries = 1_000_000,
            WallClockOrigin = new WallTime(0),
        },
        new Nowhere(),
        _disk,
        new Stage(this),
        new Deaf(),
        new Prng(seed),
        _now);

    // Each step is a deadline met and everything that follows from it.
    private void Run(ServerNode node, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _now = node.NextDeadline == MonoTime.Never || _inputs.Count > 0 ? _now : MonoTime.Max(_now, node.NextDeadline);
            node.Handle([], _now);
            while (_wakes.Count > 0 || _inputs.Count > 0)
            {
                if (_inputs.TryDequeue(out ServerInput input))
                {
                    node.Handle([input], _now);
                }
                else if (_disk.TryComplete(_wakes.Dequeue(), out DiskCompletion completion))
                {
                    node.Handle([ServerInput.DiskCompleted(completion)], _now);
                }
            }
        }
    }

    private sealed class Stage(ApplyInPiecesTests test) : IApplyStage
    {
        public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through)
        {
            test._pieces.Add(entries.Length);
            List<ApplyResult> results = [];
            foreach (ref readonly AppliedEntry entry in entries.Span)
            {
                test._applied.Add(entry.Index.Value);
                results.Add(new ApplyResult(entry.Index, default));
            }

            test._inputs.Enqueue(ServerInput.Applied(through, results));
        }

        public void Query(ulong number, ReadOnlyMemory<byte> query) => throw new NotSupportedException();

        public void Submit(in SnapshotOp op) => throw new NotSupportedException();
    }

    private sealed class Nowhere : ITransport
    {
        public bool TrySend(in Envelope envelope) => false;
    }

    private sealed class Deaf : IServerEvents
    {
        public void Replied(ulong requestId, ServerReply reply) { }

        public void Raised(in ServerEvent serverEvent) { }
    }
}

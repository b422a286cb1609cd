using BenchmarkDotNet.Attributes;

namespace RaftSim.Benchmarks;

/// <summary>Stepping a group of Raft engines: one operation is one commit, one message, or one tick of one engine.</summary>
public class CoreBenchmarks
{
    // Enough that an iteration takes tens of milliseconds and the first, small chunks of the log do not count.
    private const int Commits = 64 * 512;
    private const int Messages = 128 * 1024;
    private const int Ticks = 60 * 1024;
    private const int InFlight = 64;

    private CoreGroup _group = null!;
    private CoreGroup _batchGroup = null!;

    [Params(3, 5)]
    public int Voters { get; set; }

    // A new group for each iteration: the log is held in memory, and must not grow from one to the next.
    [IterationSetup]
    public void Elect()
    {
        _group = new CoreGroup(Voters, seed: 1);
        _group.Elect();
        _batchGroup = new CoreGroup(Voters, seed: 1, InFlight);
        _batchGroup.Elect();
    }

    [Benchmark(Description = "commit, 1 in flight", OperationsPerInvoke = Commits)]
    public void CommitOneInFlight()
    {
        for (int i = 0; i < Commits; i++)
        {
            _group.Propose();
            _group.Deliver();
        }

        CoreGroup.Require(_group.Committed == Commits);
    }

    [Benchmark(Description = "commit, 64 in flight", OperationsPerInvoke = Commits)]
    public void CommitManyInFlight()
    {
        RunWindow(group => group.Committed < Commits);
    }

    [Benchmark(Description = "commit, 64 in one batch", OperationsPerInvoke = Commits)]
    public void CommitBatch()
    {
        for (int i = 0; i < Commits / InFlight; i++)
        {
            _batchGroup.Propose();
            _batchGroup.Deliver();
        }

        CoreGroup.Require(_batchGroup.Committed == Commits);
    }

    [Benchmark(Description = "message stepped, 64 in flight", OperationsPerInvoke = Messages)]
    public void StepMessages()
    {
        int before = _group.Delivered;
        RunWindow(group => group.Delivered - before < Messages);
    }

    [Benchmark(Description = "idle tick of one engine", OperationsPerInvoke = Ticks)]
    public void TickIdle()
    {
        int before = _group.Delivered;
        for (int i = 0; i < Ticks / Voters; i++)
        {
            _group.TickOnce();
        }

        // A heartbeat to each follower and its answer, and nothing else.
        CoreGroup.Require(_group.Delivered - before == Ticks / Voters * 2 * (Voters - 1));
    }

    // Closed loop: as soon as a command is committed, the next one is proposed, by itself.
    private void RunWindow(Func<CoreGroup, bool> goesOn)
    {
        int proposed = 0;
        while (goesOn(_group))
        {
            for (; proposed - _group.Committed < InFlight; proposed++)
            {
                _group.Propose();
            }

            CoreGroup.Require(_group.DeliverOne());
        }
    }
}

using System.Text;
using RaftSim.Core.Tests.Raft;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>
/// The cluster of one scenario: what <see cref="TestCluster"/> gives, with servers that are down, disks that hang and
/// messages that are held back. Disks are fast unless they are stalled. Safety is checked after every event.
/// </summary>
internal sealed class ScenarioWorld
{
    // Far more than any story takes: a loop of messages must end as an error.
    private const int DeliveriesMax = 100_000;

    private readonly SortedSet<int> _down = [];
    private readonly SortedSet<int> _stalled = [];
    private readonly SortedDictionary<int, ulong> _disks = [];
    private readonly SafetyChecker _checker;
    private int _known;

    /// <summary>
    /// Servers that all begin with the first configuration, and behind it with entries of the terms given. Their own
    /// terms are those of their last entries, or as said.
    /// </summary>
    public ScenarioWorld(
        int voters, int nonVoters, Func<RaftOptions, RaftOptions> configure, Func<int, int[]?> termsOf, int[] present)
    {
        Cluster = new TestCluster(0, configure: configure);
        LogEntry first = TestCluster.Bootstrap(Enumerable.Range(1, voters + nonVoters)
            .Select(i => TestCluster.Configured(i, i <= voters ? Suffrage.Voter : Suffrage.NonVoter)));
        for (int i = 1; i <= voters + nonVoters; i++)
        {
            LogEntry[] log = [first, .. (termsOf(i) ?? []).Select((t, at) => Entry((ulong)at + 2, (ulong)t))];
            Term term = present.Length >= i ? new Term((ulong)present[i - 1]) : log[^1].Term;
            Cluster.Start(i, log, new HardState(term, default));
        }

        _checker = new SafetyChecker(Cluster);
        Observe();
    }

    public TestCluster Cluster { get; }

    /// <summary>Messages that are neither lost nor on their way.</summary>
    public List<RaftMessage> Held { get; } = [];

    public IEnumerable<int> Numbers => Cluster.Servers.Keys;

    /// <summary>The messages that were sent since <see cref="BeginStep"/> and are still on their way.</summary>
    public IEnumerable<RaftMessage> NewMessages => Cluster.Network.Skip(_known);

    private IEnumerable<TestServer> Up => Cluster.Servers.Where(s => !IsDown(s.Key)).Select(s => s.Value);

    public bool IsDown(int number) => _down.Contains(number);

    public bool IsStalled(int number) => _stalled.Contains(number);

    public void BeginStep() => _known = Cluster.Network.Count;

    /// <summary>A server that may be down.</summary>
    public TestServer Any(int number) => Cluster.Servers.TryGetValue(number, out TestServer? server)
        ? server
        : throw new FormatException($"there is no server {number}");

    /// <summary>A server that is up.</summary>
    public TestServer Server(int number) =>
        IsDown(number) ? throw new FormatException($"s{number} is down") : Any(number);

    /// <summary>The disk identity of a server: another one after each wipe.</summary>
    public DiskId DiskOf(int number) => new(7 + _disks.GetValueOrDefault(number), (ulong)number);

    /// <summary>The leader of the highest term among those that are up.</summary>
    public TestServer Leader() => Up.Where(s => s.Status.Role == RaftRole.Leader).MaxBy(s => s.Status.Term.Value)
        ?? throw new FormatException("nobody leads: say who is asked with at=N");

    /// <summary>To be called after every event: writes what is not stalled, sends, checks.</summary>
    public void Observe()
    {
        foreach ((int number, TestServer server) in Cluster.Servers)
        {
            if (!IsDown(number) && !IsStalled(number))
            {
                server.Flush();
            }

            foreach (RaftMessage message in server.Sent)
            {
                _checker.CheckSent(message);
            }
        }

        Cluster.Collect();
        _checker.Check();
    }

    /// <summary>The messages on their way that match, oldest first.</summary>
    public List<RaftMessage> Take(ScenarioFilter filter)
    {
        List<RaftMessage> taken = filter.Apply(Cluster.Network);
        if (taken.Count == 0)
        {
            throw new FormatException("no message on its way matches");
        }

        foreach (int at in filter.Positions(Cluster.Network).Reverse())
        {
            RemoveAt(at);
        }

        return taken;
    }

    public void Deliver(in RaftMessage message)
    {
        ServerId to = message.To;
        if (Up.Any(s => s.Id == to))
        {
            Cluster.Step(message);
            Observe();
        }
    }

    /// <summary>Delivers, and writes to the disks that are not stalled, until nothing moves.</summary>
    public void Settle()
    {
        for (int delivered = 0; Cluster.Network.Count > 0; delivered++)
        {
            if (delivered > DeliveriesMax)
            {
                throw new FormatException("the messages never come to an end");
            }

            RaftMessage message = Cluster.Network[0];
            RemoveAt(0);
            Deliver(message);
        }
    }

    /// <summary>Lets time pass for all that are up, settling at every deadline.</summary>
    public void Run(Duration span)
    {
        MonoTime end = Cluster.Now + span;
        for (int rounds = 0; ; rounds++)
        {
            MonoTime next = Up.Select(s => s.Node.NextDeadline).Append(end).Min();
            foreach (TestServer server in Up)
            {
                server.Tick(MonoTime.Min(MonoTime.Max(next, server.Now), end));
                Observe();
            }

            Settle();
            if (next >= end)
            {
                Pass(end);
                return;
            }

            if (rounds > DeliveriesMax)
            {
                throw new FormatException("time does not pass");
            }
        }
    }

    /// <summary>Lets time pass without looking at anybody's timers.</summary>
    public void Pass(MonoTime until)
    {
        foreach (TestServer server in Cluster.Servers.Values)
        {
            server.PassTo(until);
        }
    }

    /// <summary>Lets the next timer of one server run out; the timers of the others are not looked at.</summary>
    public void Tick(int number)
    {
        TestServer server = Server(number);
        if (server.Node.NextDeadline == MonoTime.Never)
        {
            throw new FormatException($"s{number} waits for no timer");
        }

        Pass(Cluster.Now);
        Cluster.Campaign(number);
        Observe();
    }

    /// <summary>The server loses what is not on disk and stays away; of the writes under way the oldest may survive.</summary>
    public void Crash(int number, int surviving)
    {
        TestServer server = Server(number);
        if (surviving > server.WritesUnderWay)
        {
            throw new FormatException($"s{number} has only {server.WritesUnderWay} writes under way");
        }

        server.Crash(surviving);
        _down.Add(number);
        _stalled.Remove(number);
        Observe();
    }

    /// <summary>Starts a server that is down, or a new one with an empty disk.</summary>
    public void Start(int number)
    {
        MonoTime now = Cluster.Now;
        if (_down.Remove(number))
        {
            Any(number).PassTo(now);
            Any(number).Crash();
        }
        else if (!Cluster.Servers.ContainsKey(number))
        {
            Cluster.Start(number).PassTo(now);
        }
        else
        {
            throw new FormatException($"s{number} is up already");
        }

        Observe();
    }

    /// <summary>A server that is down gets a new, empty disk.</summary>
    public void Wipe(int number)
    {
        if (!IsDown(number))
        {
            throw new FormatException($"s{number} must be down before its disk is replaced");
        }

        _disks[number] = _disks.GetValueOrDefault(number) + 1;
        Any(number).Wipe();
        Observe();
    }

    public void Stall(int number)
    {
        Server(number);
        if (!_stalled.Add(number))
        {
            throw new FormatException($"the disk of s{number} hangs already");
        }
    }

    public void Unstall(int number)
    {
        if (!_stalled.Remove(number))
        {
            throw new FormatException($"the disk of s{number} does not hang");
        }

        Observe();
    }

    private void RemoveAt(int position)
    {
        Cluster.Network.RemoveAt(position);
        _known -= position < _known ? 1 : 0;
    }

    // The same index and term must mean the same entry on every server.
    private static LogEntry Entry(ulong index, ulong term) => new(
        new LogIndex(index), new Term(term), EntryKind.Command, Encoding.UTF8.GetBytes(Invariant($"x{index}.{term}")));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

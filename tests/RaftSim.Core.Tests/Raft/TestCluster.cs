using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Servers, a list of messages that tests may look at, and links that can be cut. No time passes by itself.</summary>
internal sealed class TestCluster
{
    public static readonly Duration ElectionTimeout = Duration.Milliseconds(1000);
    public static readonly Duration HeartbeatInterval = Duration.Milliseconds(100);

    private readonly SortedDictionary<int, TestServer> _servers = [];
    private readonly HashSet<(ServerId From, ServerId To)> _cut = [];
    private readonly Func<RaftOptions, RaftOptions> _configure;
    private readonly Prng _prng;

    public TestCluster(int voters, int nonVoters = 0, ulong seed = 1, Func<RaftOptions, RaftOptions>? configure = null)
    {
        _configure = configure ?? (o => o);
        _prng = new Prng(seed);
        LogEntry[] first = [Bootstrap(Enumerable.Range(1, voters + nonVoters)
            .Select(i => Configured(i, i <= voters ? Suffrage.Voter : Suffrage.NonVoter)))];
        for (int i = 1; i <= voters + nonVoters; i++)
        {
            Start(i, first);
        }
    }

    public IReadOnlyDictionary<int, TestServer> Servers => _servers;

    /// <summary>What is on its way, oldest first.</summary>
    public List<RaftMessage> Network { get; } = [];

    public TestServer this[int number] => _servers[number];

    public MonoTime Now => _servers.Values.Max(s => s.Now);

    public static ServerId Id(int number) => new($"s{number}");

    public static string Address(int number) => $"host{number}:1";

    public static DiskId DiskOf(int number) => new(7, (ulong)number);

    public static ConfiguredServer Configured(int number, Suffrage suffrage = Suffrage.Voter, ulong addedAt = 1) =>
        new(Id(number), new ServerAddress(Address(number)), DiskOf(number), suffrage, new LogIndex(addedAt));

    public static LogEntry Bootstrap(IEnumerable<ConfiguredServer> servers) => new(
        new LogIndex(1), new Term(1), EntryKind.Configuration, TestCodec.Instance.Encode(new Configuration(servers.ToArray())));

    public static RaftOptions Options(int number) => new()
    {
        Self = Id(number),
        Codec = TestCodec.Instance,
        ElectionTimeout = ElectionTimeout,
        HeartbeatInterval = HeartbeatInterval,
    };

    /// <summary>Starts a server: with an empty log unless told otherwise.</summary>
    public TestServer Start(int number, IEnumerable<LogEntry>? log = null, HardState hardState = default)
    {
        var server = new TestServer(_configure(Options(number)), _prng.Derive((ulong)number), log ?? [], hardState);
        _servers.Add(number, server);
        return server;
    }

    /// <summary>Nothing passes between the two groups any more.</summary>
    public void Cut(int[] some, int[] others)
    {
        foreach ((int a, int b) in some.SelectMany(a => others.Select(b => (a, b))))
        {
            CutOneWay(a, b);
            CutOneWay(b, a);
        }
    }

    public void CutOneWay(int from, int to) => _cut.Add((Id(from), Id(to)));

    /// <summary>Nothing passes between a server and all others any more.</summary>
    public void Isolate(int number) => Cut([number], [.. _servers.Keys.Where(k => k != number)]);

    public void Heal() => _cut.Clear();

    /// <summary>Puts what was sent on the network; what goes over a cut link is lost.</summary>
    public void Collect()
    {
        foreach (TestServer server in _servers.Values)
        {
            foreach (RaftMessage message in server.TakeSent())
            {
                if (!_cut.Contains((message.From, message.To)))
                {
                    Network.Add(message);
                }
            }
        }
    }

    /// <summary>Takes a message off the network and delivers it, if its link is not cut by now.</summary>
    public void Deliver(int position)
    {
        RaftMessage message = Network[position];
        Network.RemoveAt(position);
        Step(message);
    }

    /// <summary>Hands a message to its receiver, if there is one and the link is not cut.</summary>
    public void Step(in RaftMessage message)
    {
        ServerId to = message.To;
        TestServer? target = _servers.Values.FirstOrDefault(s => s.Id == to);
        if (target is not null && !_cut.Contains((message.From, to)))
        {
            target.Step(message);
        }
    }

    /// <summary>Delivers and writes until nothing moves. Returns how many messages were delivered.</summary>
    public int Settle()
    {
        int delivered = 0;
        while (true)
        {
            foreach (TestServer server in _servers.Values)
            {
                server.Flush();
                FetchOffered(server);
            }

            Collect();
            if (Network.Count == 0)
            {
                return delivered;
            }

            while (Network.Count > 0)
            {
                Deliver(0);
                delivered++;
            }

            Assert.InRange(delivered, 0, 1_000_000);
        }
    }

    /// <summary>Lets a server fetch the snapshot that it was told of, if its source can be reached both ways.</summary>
    public void FetchOffered(TestServer server, bool crashes = false)
    {
        if (server.Offer is { } offer && !_cut.Contains((server.Id, offer.From)) && !_cut.Contains((offer.From, server.Id)))
        {
            server.Fetch(_servers.Values.First(s => s.Id == offer.From), crashes);
        }
    }

    /// <summary>Like <see cref="Settle"/>, but stops as soon as something holds; it must come to hold.</summary>
    public void DeliverUntil(Func<bool> holds)
    {
        while (!holds())
        {
            foreach (TestServer server in _servers.Values)
            {
                server.Flush();
            }

            Collect();
            Assert.True(Network.Count > 0, "all is quiet, and what was waited for has not come");
            Deliver(0);
        }
    }

    /// <summary>Lets time pass for all, settling at every deadline.</summary>
    public void Run(Duration span)
    {
        MonoTime end = Now + span;
        while (true)
        {
            MonoTime next = _servers.Values.Select(s => s.Node.NextDeadline).Append(end).Min();
            foreach (TestServer server in _servers.Values)
            {
                server.Tick(MonoTime.Min(MonoTime.Max(next, server.Now), end));
            }

            Settle();
            if (next >= end)
            {
                return;
            }
        }
    }

    /// <summary>Makes a server campaign until it leads; nobody else's timer is looked at meanwhile.</summary>
    public TestServer Elect(int number)
    {
        TestServer server = _servers[number];
        for (int i = 0; i < 5 && server.Status.Role != RaftRole.Leader; i++)
        {
            Campaign(number);
            Settle();
        }

        Assert.Equal(RaftRole.Leader, server.Status.Role);
        return server;
    }

    /// <summary>Makes a server's election timer run out; time passes for the others too, but not their timers.</summary>
    public void Campaign(int number)
    {
        MonoTime deadline = _servers[number].Node.NextDeadline;
        foreach (TestServer server in _servers.Values)
        {
            server.PassTo(deadline);
        }

        _servers[number].Tick(deadline);
    }

    /// <summary>The one leader of the highest term, if there is one.</summary>
    public TestServer? Leader => _servers.Values.Where(s => s.Status.Role == RaftRole.Leader)
        .MaxBy(s => s.Status.Term.Value);
}

using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// A cluster that a seed drives through faults, checked after every event. Its clocks have nothing to do with each
/// other, unless leases rest on them.
/// </summary>
internal sealed class RandomWorld
{
    private readonly TestCluster _cluster;
    private readonly Prng _prng;
    private readonly int _initial;
    private readonly List<ulong> _committedBefore = [];
    private readonly DriftingClocks? _clocks;
    private int _nextNumber;

    public RandomWorld(int voters, int nonVoters, ulong seed, bool hasLeases = false)
    {
        _prng = new Prng(seed).Derive(99);
        int driftPpmMax = hasLeases ? (int)_prng.Below(3) * (RaftOptions.ClockDriftPpmLimit / 2) : 0;
        // Small limits, so that windows, batches and chunks fill up in short runs.
        _cluster = new TestCluster(voters, nonVoters, seed, o => o with
        {
            AppendEntriesMax = 1 + (int)_prng.Below(5),
            InflightAppendsMax = 1 + (int)_prng.Below(4),
            AppendBytesMax = 1 + (int)_prng.Below(8),
            UncommittedEntriesMax = 50,
            PromoteLagMax = _prng.Below(4),
            TrailingEntries = _prng.Below(4),
            ReadLease = hasLeases,
            ClockDriftPpmMax = driftPpmMax,
        });
        _clocks = hasLeases ? new DriftingClocks(_cluster, _prng, driftPpmMax) : null;
        _initial = voters + nonVoters;
        _nextNumber = _initial + 1;
        Checker = new SafetyChecker(_cluster);
    }

    public SafetyChecker Checker { get; }

    public int ReadsAnswered { get; private set; }

    public int ReadsByLease { get; private set; }

    public int Fetched { get; private set; }

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Act();
            Observe();
            if (_clocks is not null && _prng.Chance(1, 4))
            {
                Read();
            }
        }
    }

    /// <summary>With all links up and all writes done, a leader is found and a proposal reaches everybody in time.</summary>
    public void HealAndCheckLiveness()
    {
        _cluster.Heal();
        _cluster.Network.Clear();
        MonoTime start = _cluster.Now;
        _cluster.Run(TestCluster.ElectionTimeout * 20);
        Checker.Check();
        TestServer leader = Assert.IsType<TestServer>(_cluster.Leader);
        Assert.True(leader.Status.HasCommittedThisTerm, $"{leader.Id} commits nothing");
        ProposeOutcome outcome = leader.Propose(1);
        Assert.True(outcome.IsAccepted);
        _cluster.Run(TestCluster.ElectionTimeout);
        Checker.Check();
        foreach (ConfiguredServer member in leader.Status.Configuration.Servers)
        {
            TestServer server = _cluster.Servers.Values.Single(s => s.Id == member.Id);
            Assert.True(
                server.Status.Commit >= outcome.First,
                $"{server.Id} is at {server.Status.Commit} after {server.Now - start}");
        }
    }

    private void Observe()
    {
        foreach (TestServer server in _cluster.Servers.Values)
        {
            foreach (RaftMessage message in server.Sent)
            {
                Checker.CheckSent(message);
            }

            CheckReads(server);
        }

        _cluster.Collect();
        Checker.Check();
    }

    private void Act()
    {
        TestServer server = Any();
        switch (_prng.Below(100))
        {
            case < 35:
                DeliverSome();
                break;
            case < 50:
                server.CompleteWrites(1 + (int)_prng.Below(3));
                break;
            case < 57:
                Sleep(server, _prng.Between(Duration.Zero, Duration.Milliseconds(150)));
                break;
            case < 63:
                SleepAll();
                break;
            case < 67:
                if (server.Node.NextDeadline != MonoTime.Never)
                {
                    Sleep(server, server.Node.NextDeadline - server.Now);
                }

                break;
            case < 73:
                CalmDown();
                break;
            case < 77:
                Propose();
                break;
            case < 79:
                SnapshotOrFetch(server);
                break;
            case < 81:
                Read();
                break;
            case < 82:
                Transfer();
                break;
            case < 86:
                Change();
                break;
            case < 91:
                LoseOrRepeat();
                break;
            case < 93:
                server.Crash((int)_prng.Below(3));
                break;
            case < 94:
                server.Node.ReportUnreachable(Any().Id, server.Now);
                break;
            case < 96:
                _cluster.Isolate(int.Parse(server.Id.Value[1..], System.Globalization.CultureInfo.InvariantCulture));
                break;
            case < 97:
                int[] all = [.. _cluster.Servers.Keys];
                int[] some = [.. all.Where(_ => _prng.Chance(1, 2))];
                _cluster.Cut(some, [.. all.Except(some)]);
                break;
            default:
                _cluster.Heal();
                break;
        }
    }

    // A stretch in which nothing goes wrong, so that elections and commits happen at all.
    private void CalmDown()
    {
        for (ulong rounds = _prng.Below(8); rounds > 0; rounds--)
        {
            foreach (TestServer server in _cluster.Servers.Values)
            {
                server.CompleteWrites();
            }

            Observe();
            for (int i = _cluster.Network.Count; i > 0; i--)
            {
                _cluster.Deliver(0);
                Observe();
            }
        }
    }

    // Without a leader the others wait until one of them campaigns.
    private void SleepAll()
    {
        Duration span = _prng.Between(Duration.Zero, TestCluster.ElectionTimeout / 2);
        _clocks?.Pass(span);
        foreach (TestServer server in _cluster.Servers.Values)
        {
            server.Sleep(_clocks is null ? span : Duration.Zero);
        }
    }

    // One server looks at its timers. Time that leases rest on passes for the others as well, and they are late.
    private void Sleep(TestServer server, Duration span)
    {
        _clocks?.PassOn(server, span);
        server.Sleep(_clocks is null ? span : Duration.Zero);
    }

    private void DeliverSome()
    {
        // Mostly in order, as a transport does, now and then not.
        for (int i = 1 + (int)_prng.Below(6); i > 0 && _cluster.Network.Count > 0; i--)
        {
            bool inOrder = _prng.Chance(3, 4);
            _cluster.Deliver(inOrder ? 0 : (int)_prng.Below((ulong)_cluster.Network.Count));
            Observe();
        }
    }

    private void LoseOrRepeat()
    {
        if (_cluster.Network.Count == 0)
        {
            return;
        }

        int position = (int)_prng.Below((ulong)_cluster.Network.Count);
        if (_prng.Chance(1, 2))
        {
            _cluster.Network.RemoveAt(position);
        }
        else
        {
            _cluster.Network.Add(_cluster.Network[position]);
        }
    }

    private void Propose()
    {
        TestServer server = Leading();
        for (ulong i = _prng.Below(4); i < 4; i++)
        {
            server.Propose((byte)_prng.Below(256), (byte)_prng.Below(256));
        }
    }

    private void SnapshotOrFetch(TestServer server)
    {
        if (server.Offer is not null)
        {
            _cluster.FetchOffered(server, crashes: _prng.Chance(1, 4));
            Fetched++;
        }
        else if (server.Status.Applied > server.Status.Snapshot.Index)
        {
            server.TakeSnapshot();
        }
    }

    private void Transfer()
    {
        TestServer server = Leading();
        server.Node.TransferLeadership(_prng.Chance(1, 4) ? null : Any().Id, server.Now);
        server.Pump();
    }

    // Whoever reads must see everything that anybody has committed before.
    private void Read()
    {
        TestServer server = Leading();
        ulong context = (ulong)_committedBefore.Count;
        _committedBefore.Add(Checker.HighestCommit);
        server.Node.RequestRead(context, server.Now);
        server.Pump();
        bool needsOthers = server.Status.Configuration.VoterCount > 1;
        ReadsByLease += needsOthers && server.Reads.Any(read => read.Context == context) ? 1 : 0;
        CheckReads(server);
    }

    private void CheckReads(TestServer server)
    {
        foreach (ReadReady read in server.Reads)
        {
            ulong before = _committedBefore[(int)read.Context];
            Assert.True(
                read.Index.Value >= before, $"{server.Id} reads at {read.Index}, {before} was committed when it was asked");
            ReadsAnswered++;
        }

        server.Reads.Clear();
    }

    private void Change()
    {
        TestServer server = Leading();
        ConfiguredServer[] members = server.Status.Configuration.Servers.ToArray();
        if (members.Length == 0)
        {
            return;
        }

        ServerId member = members[(int)_prng.Below((ulong)members.Length)].Id;
        switch (_prng.Below(8))
        {
            case 0 when _nextNumber < _initial + 4:
                int number = _nextNumber++;
                _cluster.Start(number);
                server.Change(
                    ConfigurationChangeKind.AddNonVoter,
                    TestCluster.Id(number),
                    TestCluster.Address(number),
                    TestCluster.DiskOf(number));
                break;
            case <= 1:
                // One that was removed, if any, comes back.
                int back = 1 + (int)_prng.Below((ulong)_nextNumber - 1);
                server.Change(
                    ConfigurationChangeKind.AddNonVoter,
                    TestCluster.Id(back),
                    TestCluster.Address(back),
                    TestCluster.DiskOf(back));
                break;
            case <= 4:
                server.Change(ConfigurationChangeKind.Promote, member);
                break;
            case 5:
                server.Change(ConfigurationChangeKind.Demote, member);
                break;
            case 6:
                server.Change(ConfigurationChangeKind.Remove, member);
                break;
            default:
                server.Change(ConfigurationChangeKind.Remove, server.Id);
                break;
        }
    }

    // Some leader, if there is one: an old one that has not noticed is as good as any.
    private TestServer Leading()
    {
        TestServer[] leaders = [.. _cluster.Servers.Values.Where(s => s.Status.Role == RaftRole.Leader)];
        return leaders.Length == 0 ? Any() : leaders[(int)_prng.Below((ulong)leaders.Length)];
    }

    private TestServer Any() => _cluster.Servers.Values.ElementAt((int)_prng.Below((ulong)_cluster.Servers.Count));
}

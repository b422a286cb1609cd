using FsCheck;
using FsCheck.Fluent;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// Dissertation §4.1: random changes of few servers, so that they clash all the time, against the rules written
/// naively.
/// </summary>
public sealed class ConfigurationChangePropertyTests
{
    private const int ServersMax = 6;

    // 0 stands for nobody and nowhere.
    private static readonly Gen<Change> Changes =
        from kind in Gen.Frequency(
            (5, Gen.Constant(ConfigurationChangeKind.AddNonVoter)),
            (3, Gen.Constant(ConfigurationChangeKind.Promote)),
            (2, Gen.Constant(ConfigurationChangeKind.Demote)),
            (2, Gen.Constant(ConfigurationChangeKind.Remove)))
        from server in Gen.Frequency((40, Gen.Choose(1, ServersMax)), (1, Gen.Constant(0)))
        from address in Gen.Frequency((20, Gen.Choose(1, ServersMax)), (1, Gen.Constant(0)))
        from disk in Gen.Frequency((3, Gen.Constant(1)), (1, Gen.Constant(2)))
        select new Change(kind, server, address, disk);

    private static readonly Gen<Event> Events =
        from kind in Gen.Frequency(
            (5, Gen.Constant(EventKind.Append)),
            (3, Gen.Constant(EventKind.Truncate)),
            (2, Gen.Constant(EventKind.Forget)),
            (1, Gen.Constant(EventKind.AppendTooEarly)),
            (1, Gen.Constant(EventKind.Restart)))
        from amount in Gen.Choose(0, 5)
        select new Event(kind, amount);

    // How many vote at first: there is always one. All others are out of reach of the changes.
    private static readonly Arbitrary<int> Voters = Gen.Choose(1, 4).ToArbitrary();
    private static readonly Arbitrary<Change[]> AnyChanges = Changes.ToArbitrary().Array();

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(60).WithReplay(1, 7);

    private enum EventKind
    {
        Append,
        Truncate,
        Forget,
        AppendTooEarly,
        Restart,
    }

    // Goal: after any changes the servers, and the answer to each change, are what the naive rules say, also where a
    // configuration is full. §4.1, docs/RAFT.md.
    [Fact]
    public void Changes_make_what_the_naive_rules_say()
    {
        List<ProposeResult?> results = [];
        Prop.ForAll(Voters, AnyChanges, (voters, changes) => Compare(First(voters), changes, results)).Check(Runs);
        Prop.ForAll(
            Voters, AnyChanges,
            (voters, changes) => Compare(First(voters, Limits.ConfigurationServersMax - voters), changes, results))
            .Check(Runs.WithMaxTest(15).WithEndSize(15));

        // An answer that is never given proves nothing.
        Assert.Equal(7, results.Distinct().Count());
        Assert.All(results.GroupBy(r => r), g => Assert.True(g.Count() >= 5, $"{g.Key}: {g.Count()}"));
    }

    // Goal: every majority before a change meets every majority behind it, somebody always votes, nobody stands twice,
    // and what is refused leaves the very same configuration. §4.1, figure 4.3.
    [Fact]
    public void Majorities_before_and_behind_a_change_overlap() => Prop.ForAll(
        Voters, AnyChanges,
        (voters, changes) =>
        {
            Configuration configuration = First(voters);
            for (int i = 0; i < changes.Length; i++)
            {
                Configuration before = configuration;
                ConfiguredServer[] servers = before.Servers.ToArray();
                ProposeResult? result = Apply(ref configuration, changes[i], (ulong)i + 2);

                Assert.Equal(servers, before.Servers.ToArray());
                Assert.Equal(result == ProposeResult.Accepted, !ReferenceEquals(before, configuration));
                CheckAlone(configuration);
                CheckOverlap(before, configuration);
            }
        }).Check(Runs.WithReplay(2, 7));

    // Goal: the history knows what a list of all configurations would: the one in force at every index that is not
    // forgotten, also after truncations, compaction and a snapshot in place of the log. §4.1.
    [Fact]
    public void The_history_is_what_a_plain_list_would_be() => Prop.ForAll(
        Events.ToArbitrary().Array(),
        events =>
        {
            var walk = new HistoryWalk();
            foreach (Event happened in events)
            {
                walk.Take(happened);
                walk.Compare();
            }
        }).Check(Runs.WithReplay(3, 7));

    private static void Compare(Configuration configuration, Change[] changes, List<ProposeResult?> results)
    {
        var rules = new NaiveRules(configuration);
        for (int i = 0; i < changes.Length; i++)
        {
            ulong at = (ulong)i + 2;
            results.Add(rules.Apply(changes[i], at));
            Assert.Equal(results[^1], Apply(ref configuration, changes[i], at));
            Assert.True(rules.Servers.SequenceEqual(configuration.Servers.ToArray()), $"after change {i}");
        }
    }

    private static Configuration First(int voters, int others = 0) => new(
        [
            .. Enumerable.Range(1, voters).Select(i => Server(i, i, 1, Suffrage.Voter, 1)),
            .. Enumerable.Range(1000, others).Select(i => Server(i, i, 1, Suffrage.NonVoter, 1)),
        ]);

    private static ConfiguredServer Server(int id, int address, int disk, Suffrage suffrage, ulong addedAt) => new(
        TestCluster.Id(id), new ServerAddress(TestCluster.Address(address)), TestCluster.DiskOf(disk), suffrage,
        new LogIndex(addedAt));

    // None: the change was thrown back as the caller's mistake.
    private static ProposeResult? Apply(ref Configuration configuration, Change change, ulong at)
    {
        ConfigurationChange asked = new(
            change.Kind,
            change.Server == 0 ? default : TestCluster.Id(change.Server),
            change.Address == 0 ? default : new ServerAddress(TestCluster.Address(change.Address)),
            TestCluster.DiskOf(change.Disk));
        try
        {
            return ConfigurationRules.Apply(configuration, asked, new LogIndex(at), out configuration);
        }
        catch (ArgumentException e) when (e.ParamName == "change")
        {
            return null;
        }
    }

    private static void CheckAlone(Configuration configuration)
    {
        ConfiguredServer[] servers = configuration.Servers.ToArray();
        Assert.Contains(servers, s => s.Suffrage == Suffrage.Voter);
        Assert.Equal(servers.Length, servers.Select(s => s.Id).Distinct().Count());
        Assert.Equal(servers.Length, servers.Select(s => s.Address).Distinct().Count());
        Assert.InRange(servers.Length, 1, Limits.ConfigurationServersMax);
        Assert.InRange(configuration.Quorum, 1, configuration.VoterCount);
    }

    private static void CheckOverlap(Configuration before, Configuration behind)
    {
        int[] others = Majorities(behind);
        foreach (int majority in Majorities(before))
        {
            Assert.DoesNotContain(others, other => (majority & other) == 0);
        }
    }

    // All sets of voters that decide, as bits.
    private static int[] Majorities(Configuration configuration)
    {
        int voters = 0;
        for (int i = 1; i <= ServersMax; i++)
        {
            voters |= configuration.IsVoter(TestCluster.Id(i)) ? 1 << i : 0;
        }

        Assert.Equal(configuration.VoterCount, int.PopCount(voters));
        return [.. Enumerable.Range(0, 2 << ServersMax)
            .Where(set => (set & ~voters) == 0 && int.PopCount(set) >= configuration.Quorum)];
    }

    private readonly record struct Change(ConfigurationChangeKind Kind, int Server, int Address, int Disk);

    private readonly record struct Event(EventKind Kind, int Amount);

    /// <summary>The table "Changes of configuration" of docs/RAFT.md, word by word, over plain values.</summary>
    private sealed class NaiveRules
    {
        private readonly SortedDictionary<int, Known> _known = [];
        private readonly List<int> _order = [];

        public NaiveRules(Configuration first)
        {
            foreach (ConfiguredServer server in first.Servers)
            {
                int id = int.Parse(server.Id.Value[1..], System.Globalization.CultureInfo.InvariantCulture);
                _order.Add(id);
                _known[id] = new(id, 1, server.Suffrage == Suffrage.Voter, 1);
            }
        }

        public IEnumerable<ConfiguredServer> Servers => _order.Select(id => (id, _known[id])).Select(
            ((int Id, Known Its) s) => Server(
                s.Id, s.Its.Address, s.Its.Disk, s.Its.Votes ? Suffrage.Voter : Suffrage.NonVoter, s.Its.AddedAt));

        public ProposeResult? Apply(Change change, ulong at)
        {
            if (change.Server == 0)
            {
                return null;
            }

            bool isKnown = _known.TryGetValue(change.Server, out Known known);
            if (change.Kind == ConfigurationChangeKind.AddNonVoter)
            {
                return change.Address == 0 ? null : Add(change, at, isKnown, known);
            }

            bool wouldVote = change.Kind == ConfigurationChangeKind.Promote;
            if (!isKnown)
            {
                return ProposeResult.UnknownServer;
            }

            if (change.Kind != ConfigurationChangeKind.Remove && known.Votes == wouldVote)
            {
                return ProposeResult.NoChange;
            }

            if (!wouldVote && _known.All(other => other.Key == change.Server || !other.Value.Votes))
            {
                return ProposeResult.LastVoter;
            }

            _known[change.Server] = known with { Votes = wouldVote };
            if (change.Kind == ConfigurationChangeKind.Remove)
            {
                _known.Remove(change.Server);
                _order.Remove(change.Server);
            }

            return ProposeResult.Accepted;
        }

        private ProposeResult Add(Change change, ulong at, bool isKnown, Known known)
        {
            bool isTaken = _known.Any(other => other.Key != change.Server && other.Value.Address == change.Address);
            if (isTaken || (isKnown && known.Disk != change.Disk))
            {
                return ProposeResult.AlreadyPresent;
            }

            if (isKnown && known.Address == change.Address)
            {
                return ProposeResult.NoChange;
            }

            if (!isKnown && _order.Count == 1000)
            {
                return ProposeResult.TooManyServers;
            }

            if (!isKnown)
            {
                _order.Add(change.Server);
                known = new(0, change.Disk, Votes: false, at);
            }

            _known[change.Server] = known with { Address = change.Address };
            return ProposeResult.Accepted;
        }

        private readonly record struct Known(int Address, int Disk, bool Votes, ulong AddedAt);
    }

    /// <summary>A history beside a list of everything that was ever appended and not truncated.</summary>
    private sealed class HistoryWalk
    {
        private readonly ConfigurationHistory _history = new();
        private readonly List<(ulong Index, Configuration Configuration)> _all = [(0, Configuration.Empty)];
        private ulong _last;
        private ulong _settled;

        public void Take(Event happened)
        {
            ulong amount = (ulong)happened.Amount;
            switch (happened.Kind)
            {
                case EventKind.Append:
                    // Other entries may have come in between.
                    _last += 1 + (amount / 2);
                    _all.Add((_last, One()));
                    _history.Append(new LogIndex(_last), _all[^1].Configuration);
                    break;
                case EventKind.Truncate:
                    // Never at or before what is settled: that is committed.
                    ulong from = Math.Max(_settled + 1, _last + 1 - Math.Min(amount, _last));
                    Configuration before = _all[^1].Configuration;
                    _all.RemoveAll(one => one.Index >= from);
                    _last = Math.Min(_last, from - 1);
                    Assert.Equal(_all[^1].Configuration != before, _history.Truncate(new LogIndex(from)));
                    break;
                case EventKind.Forget:
                    _settled = Math.Min(_settled + amount, _last);
                    _history.ForgetBefore(new LogIndex(_settled));
                    break;
                case EventKind.AppendTooEarly:
                    ulong early = _all[^1].Index - Math.Min(amount, _all[^1].Index);
                    Assert.Throws<InvariantException>(() => _history.Append(new LogIndex(early), One()));
                    break;
                case EventKind.Restart:
                    // A snapshot ends behind what is settled, and its configuration stands at or before its end.
                    _settled += 1 + amount;
                    _last = _settled;
                    _all.Clear();
                    _all.Add((_settled - (amount / 2), One()));
                    _history.Restart(new LogIndex(_all[0].Index), _all[0].Configuration);
                    break;
            }
        }

        public void Compare()
        {
            Assert.Equal(_all[^1], (_history.LatestIndex.Value, _history.Latest));

            // The one before the latest is remembered for as long as it is in force at an index that is not settled.
            bool hasPrevious = _all.Count > 1 && _all[^1].Index > _settled;
            Assert.Same(hasPrevious ? _all[^2].Configuration : _all[^1].Configuration, _history.Previous);

            // What was in force where the rest begins is the oldest that anybody may ask for.
            ulong oldest = _all.Last(one => one.Index <= _settled).Index;
            for (ulong i = 0; i <= _last + 2; i++)
            {
                if (i < oldest)
                {
                    Assert.Throws<InvariantException>(() => _history.At(new LogIndex(i)));
                    continue;
                }

                (LogIndex index, Configuration configuration) = _history.At(new LogIndex(i));
                Assert.Equal(_all.Last(one => one.Index <= i), (index.Value, configuration));
            }
        }

        private static Configuration One() => new([TestCluster.Configured(1)]);
    }
}

using FsCheck;
using FsCheck.Fluent;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// Dissertation §3.5: one follower that is sent slices of the logs of many leaders, old and new, in any order and more
/// than once, against figure 3.1 written naively.
/// </summary>
public sealed class LogMergePropertyTests
{
    private static readonly Gen<Reign> Reigns =
        from parent in Gen.Choose(0, 3)
        from kept in Gen.Frequency((1, Gen.Constant(0)), (1, Gen.Choose(1, 7)))
        from added in Gen.Frequency((1, Gen.Constant(0)), (8, Gen.Choose(1, 5)))
        from committed in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 4)))
        select new Reign(parent, kept, added, committed);

    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency(
            (8, Gen.Constant(StepKind.SendLatest)),
            (2, Gen.Constant(StepKind.SendNext)),
            (2, Gen.Constant(StepKind.SendAny)),
            (3, Gen.Constant(StepKind.SendAgain)),
            (2, Gen.Constant(StepKind.Write)),
            (2, Gen.Constant(StepKind.Snapshot)),
            (2, Gen.Constant(StepKind.Crash)))
        from leader in Gen.Choose(0, 50)
        from previous in Gen.Choose(0, 15)
        from count in Gen.Choose(0, 5)
        from commit in Gen.Choose(0, 20)
        select new Step(kind, leader, previous, count, commit);

    private static readonly Arbitrary<Reign[]> Histories = Arb.From(
        Gen.Choose(1, 9).SelectMany(count => Reigns.ArrayOf(count)), Reigns.ToArbitrary().Array().Shrinker);

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(600).WithEndSize(80);

    private enum StepKind
    {
        SendLatest,
        SendNext,
        SendAny,
        SendAgain,
        Write,
        Snapshot,
        Crash,
    }

    // Goal: whatever of its leaders' logs reaches a follower, in whatever order and how often, its log, its commit
    // index and its answers are those of figure 3.1; what is committed stays, and the disk gets it all. §3.5.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_follower_merges_as_figure_3_1_says(bool writesAtOnce)
    {
        var seen = new Seen();
        Prop.ForAll(
            Histories, Steps.ToArbitrary().Array(),
            (reigns, steps) =>
            {
                var walk = new Walk(Leaders(reigns), writesAtOnce, seen);
                foreach (Step step in steps)
                {
                    walk.Take(step);
                }
            }).Check(Runs.WithReplay(writesAtOnce ? 1UL : 2UL, 7));

        // A walk in which nothing happens proves nothing.
        int rarest = new[]
        {
            seen.Matches, seen.Refusals, seen.Stale, seen.Commits, seen.Conflicts, seen.Overtaken, seen.BeforeStart,
        }.Min();
        Assert.True(rarest > 100, seen.ToString());
    }

    // Elections as any fair history could hold them: a leader's log goes on from that of an earlier one, or from a part
    // of it, and has all that is committed (§3.6.1); it commits by an entry of its own term (§3.6.2).
    private static Leader[] Leaders(Reign[] reigns)
    {
        List<Leader> leaders = [new(1, [1], 1)];
        foreach (Reign reign in reigns)
        {
            Leader last = leaders[^1];
            ulong[] committedBefore = last.Terms[..last.Commit];
            Leader[] parents = [.. leaders.Where(l => l.Terms.Take(last.Commit).SequenceEqual(committedBefore))];
            Leader parent = parents[reign.Parent % parents.Length];
            int kept = last.Commit + (reign.Kept % (parent.Terms.Length - last.Commit + 1));
            ulong term = last.Term + 1;
            int committed = reign.Committed % (reign.Added + 1);
            leaders.Add(new(
                term,
                [.. parent.Terms.Take(kept), .. Enumerable.Repeat(term, reign.Added)],
                committed == 0 ? last.Commit : kept + committed));
        }

        return [.. leaders];
    }

    // Same index and term, same entry: some commands, some configurations.
    private static LogEntry EntryOf(ulong index, ulong term)
    {
        if (index > 1 && (index + term) % 3 != 0)
        {
            return Lone.Entry(index, term);
        }

        LogEntry first = TestCluster.Bootstrap(Enumerable.Range(1, index == 1 ? 3 : 4 + (int)term)
            .Select(i => TestCluster.Configured(i)));
        return first with { Index = new LogIndex(index), Term = new Term(term) };
    }

    private static string Text(LogEntry entry) =>
        $"{entry.Index} {entry.Term} {entry.Kind} {Convert.ToHexString(entry.Payload.Span)}";

    private readonly record struct Reign(int Parent, int Kept, int Added, int Committed);

    private readonly record struct Step(StepKind Kind, int Leader, int Previous, int Count, int Commit);

    /// <summary>The leader of a term: the terms of its log from index 1 on, and how far it came to commit it.</summary>
    private sealed record Leader(ulong Term, ulong[] Terms, int Commit);

    private sealed record Seen
    {
        public int Matches { get; set; }

        public int Refusals { get; set; }

        public int Stale { get; set; }

        public int Commits { get; set; }

        public int Conflicts { get; set; }

        public int Overtaken { get; set; }

        public int BeforeStart { get; set; }
    }

    /// <summary>Figure 3.1 for a follower: the term, the terms of the log from index 1 on, the commit index.</summary>
    private sealed record Follower(ulong Term, ulong[] Log, ulong Commit)
    {
        /// <summary>AppendEntries, rules 1 to 5; whether the answer is success.</summary>
        public (Follower After, bool Success) Append(in RaftMessage m)
        {
            if (m.Term.Value < Term)
            {
                return (this, false);
            }

            Follower heard = this with { Term = m.Term.Value };
            ulong previous = m.Index.Value;
            if (previous > (ulong)Log.Length || (previous > 0 && Log[previous - 1] != m.LogTerm.Value))
            {
                return (heard, false);
            }

            List<ulong> log = [.. Log];
            foreach (LogEntry entry in m.Entries.ToArray())
            {
                int i = (int)entry.Index.Value - 1;
                if (i < log.Count && log[i] != entry.Term.Value)
                {
                    log.RemoveRange(i, log.Count - i);
                }

                if (i == log.Count)
                {
                    log.Add(entry.Term.Value);
                }
            }

            // "Set commitIndex = min(leaderCommit, index of last new entry)"; and it "increases monotonically".
            ulong commit = Math.Max(Commit, Math.Min(m.Commit.Value, previous + (ulong)m.Entries.Length));
            return (heard with { Log = [.. log], Commit = commit }, true);
        }
    }

    /// <summary>A follower under test beside the naive one.</summary>
    private sealed class Walk
    {
        private readonly Leader[] _leaders;
        private readonly Seen _seen;
        private readonly bool _writesAtOnce;
        private readonly TestServer _server;
        private readonly List<RaftMessage> _delivered = [];
        private readonly List<RaftMessage> _owed = [];
        private readonly List<RaftMessage> _said = [];
        private Follower _naive = new(1, [1], 0);
        private Follower _naiveDisk;
        private ulong[] _snapshot = [];
        private int _latest;

        public Walk(Leader[] leaders, bool writesAtOnce, Seen seen)
        {
            (_leaders, _writesAtOnce, _seen) = (leaders, writesAtOnce, seen);
            _naiveDisk = _naive;
            _server = Lone.Follower(configure: o => o with { TrailingEntries = (ulong)leaders.Length % 3 });
            Compare();
        }

        public void Take(Step step)
        {
            switch (step.Kind)
            {
                case StepKind.SendLatest:
                    Send(step, _latest);
                    break;
                case StepKind.SendNext:
                    _latest = Math.Min(_latest + 1, _leaders.Length - 1);
                    Send(step, _latest);
                    break;
                case StepKind.SendAny:
                    Send(step, step.Leader % _leaders.Length);
                    break;
                case StepKind.SendAgain when _delivered.Count > 0:
                    Deliver(_delivered[step.Leader % _delivered.Count]);
                    break;
                case StepKind.Write:
                    Write();
                    Hear();
                    break;
                case StepKind.Snapshot when _server.Status.Applied > LogIndex.Zero:
                    _server.TakeSnapshot();
                    _snapshot = [.. _naive.Log.Take((int)_server.Status.Applied.Value)];
                    break;
                case StepKind.Crash:
                    Crash();
                    break;
            }

            Compare();
        }

        private void Send(Step step, int number)
        {
            Leader leader = _leaders[number];
            _latest = Math.Max(_latest, number);
            int previous = step.Previous % (leader.Terms.Length + 1);
            int count = Math.Min(step.Count, leader.Terms.Length - previous);
            ulong term = previous == 0 ? 0 : leader.Terms[previous - 1];
            ulong commit = (ulong)Math.Min(step.Commit, leader.Commit);
            Deliver(Lone.Append(2 + (int)(leader.Term % 4), leader.Term, (ulong)previous, term, commit) with
            {
                Entries = Enumerable.Range(previous, count)
                    .Select(i => EntryOf((ulong)i + 1, leader.Terms[i])).ToArray(),
            });
        }

        private void Deliver(in RaftMessage message)
        {
            _delivered.Add(message);
            (Follower after, bool isSuccess) = _naive.Append(message);
            Count(message, after, isSuccess);
            if (after.Term > _naive.Term)
            {
                // What was not yet answered is of an old term, and is not answered any more.
                Forgive();
            }

            _naive = after;
            _owed.Add(Answer(message, isSuccess));
            _server.Step(message);
            if (_writesAtOnce)
            {
                Write();
            }

            Hear();
        }

        // Nothing is said but what is owed. When all is durable, all of it was said; of matches at least the furthest.
        private void Hear()
        {
            _said.AddRange(_server.TakeSent());
            Assert.InRange(_said.Count, 0, _owed.Count);
            Assert.All(_said, m => Assert.Contains(m, _owed));
            if (_server.WritesUnderWay == 0)
            {
                Assert.All(_owed, o => Assert.Contains(
                    _said, m => m == o || (!m.Reject && !o.Reject && m.To == o.To && m.Index > o.Index)));
                Forgive();
            }
        }

        private void Forgive()
        {
            _owed.Clear();
            _said.Clear();
        }

        // The hint of a refusal is the last entry that the logs could still have in common, found by a walk.
        private RaftMessage Answer(in RaftMessage message, bool isSuccess)
        {
            RaftMessage answer = Lone.AppendReply(0, _naive.Term, message.Index.Value) with
            {
                From = Lone.Self, To = message.From, Reject = !isSuccess,
            };
            if (isSuccess)
            {
                return answer with { Index = message.Index + (ulong)message.Entries.Length };
            }

            if (message.Term.Value < _naive.Term)
            {
                return answer;
            }

            int hint = Math.Min((int)message.Index.Value, _naive.Log.Length);
            while (hint > 0 && _naive.Log[hint - 1] > message.LogTerm.Value)
            {
                hint--;
            }

            return answer with
            {
                Hint = new LogIndex((ulong)hint), LogTerm = new Term(hint == 0 ? 0 : _naive.Log[hint - 1]),
            };
        }

        private void Write()
        {
            _server.Flush();
            _naiveDisk = _naive;
            Assert.Equal(_naive.Term, _server.DiskHardState.Term.Value);
            Assert.Equal(_naive.Log.Length, (int)_server.DiskStart.Index.Value + _server.Disk.Count);
            Assert.All(_server.Disk, e => Assert.Equal(Text(NaiveEntry(e.Index.Value)), Text(e)));
        }

        // A snapshot is on the disk by itself: where the log there does not have its end, it takes the place of that
        // log (§5.2). No term is older than an entry of it.
        private void Crash()
        {
            _server.Crash();
            _server.Pump();
            Forgive();
            bool hasEnd = _naiveDisk.Log.Length >= _snapshot.Length
                && _naiveDisk.Log.Take(_snapshot.Length).SequenceEqual(_snapshot);
            ulong[] log = hasEnd ? _naiveDisk.Log : _snapshot;
            _naive = new(Math.Max(_naiveDisk.Term, log[^1]), log, (ulong)_snapshot.Length);
        }

        private LogEntry NaiveEntry(ulong index) => EntryOf(index, _naive.Log[index - 1]);

        private void Compare()
        {
            RaftStatus status = _server.Status;
            Assert.Equal(
                (_naive.Term, (ulong)_naive.Log.Length, _naive.Commit),
                (status.Term.Value, status.LastIndex.Value, status.Commit.Value));
            ulong configured = 0;
            for (ulong i = 1; i <= (ulong)_naive.Log.Length; i++)
            {
                LogEntry entry = NaiveEntry(i);
                configured = entry.Kind == EntryKind.Configuration ? i : configured;
                if (i > status.LogStart.Index.Value)
                {
                    Assert.Equal(Text(entry), Text(_server.Node.EntryAt(new LogIndex(i))));
                }
            }

            // The configuration in force is the last one in the log, committed or not (§4.1).
            Assert.Equal(configured, status.ConfigurationIndex.Value);
            Assert.Equal(
                NaiveEntry(configured).Payload.ToArray(), TestCodec.Instance.Encode(status.Configuration).ToArray());

            // What was handed out is committed, to this day; with a durable term it is all of that.
            Assert.InRange(status.HandedOut.Value, 0UL, _naive.Commit);
            Assert.True(status.HandedOut.Value == _naive.Commit || _server.DiskHardState.Term.Value < _naive.Term);
            Assert.Equal(status.HandedOut.Value, (ulong)_server.Committed.Count);
            Assert.All(_server.Committed, e => Assert.Equal(Text(NaiveEntry(e.Index.Value)), Text(e)));
        }

        private void Count(in RaftMessage message, Follower after, bool isSuccess)
        {
            bool isStale = message.Term.Value < _naive.Term;
            bool isPrefix = after.Log.Take(_naive.Log.Length).SequenceEqual(_naive.Log);
            bool isOvertaken = message.Index.Value + (ulong)message.Entries.Length < (ulong)after.Log.Length;
            _seen.Stale += isStale ? 1 : 0;
            _seen.Refusals += isStale || isSuccess ? 0 : 1;
            _seen.Matches += isSuccess ? 1 : 0;
            _seen.Commits += after.Commit > _naive.Commit ? 1 : 0;
            _seen.Conflicts += isPrefix ? 0 : 1;
            _seen.Overtaken += isSuccess && isOvertaken && message.Entries.Length > 0 ? 1 : 0;
            _seen.BeforeStart += isSuccess && message.Index < _server.Status.LogStart.Index ? 1 : 0;
        }
    }
}

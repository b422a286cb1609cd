using FsCheck;
using FsCheck.Fluent;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

public sealed class RaftLogTests
{
    // Goal: any sequence of appends and truncations leaves what a plain list would hold. §3.5.
    [Fact]
    public void The_log_is_what_a_list_would_be() => Prop.ForAll(
        ArbMap.Default.ArbFor<int[]>(),
        steps =>
        {
            var log = new RaftLog();
            var model = new List<LogEntry>();
            foreach (int step in steps)
            {
                Apply(step, log, model);
            }

            return AreSame(log, model);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60).WithReplay(1, 7));

    // Goal: a slice that was handed out keeps its content when the log is truncated and grows again. §3.5.
    [Fact]
    public void A_slice_in_flight_never_changes()
    {
        RaftLog log = Filled(200);
        ReadOnlyMemory<LogEntry> slice = log.Slice(new LogIndex(60), new LogIndex(64));
        LogEntry[] before = slice.ToArray();

        log.Truncate(new LogIndex(62));
        for (ulong i = 62; i < 70; i++)
        {
            log.Append(Lone.Entry(i, 9));
        }

        Assert.Equal(before, slice.ToArray());
        Assert.Equal(9UL, log.TermAt(new LogIndex(62)).Value);
        Assert.Equal(1UL, log.TermAt(new LogIndex(61)).Value);
    }

    // Goal: slices cover a range without gap or overlap, whatever the chunks. §3.5.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3000)]
    [InlineData(63, 66)]
    [InlineData(500, 2999)]
    public void Slices_cover_a_range(ulong first, ulong last)
    {
        RaftLog log = Filled(3000);
        var entries = new List<LogEntry>();
        for (var i = new LogIndex(first); i <= new LogIndex(last); i = entries[^1].Index.Next)
        {
            entries.AddRange(log.Slice(i, new LogIndex(last)).ToArray());
        }

        Assert.Equal(
            Enumerable.Range((int)first, (int)(last - first + 1)).Select(i => (ulong)i),
            entries.Select(e => e.Index.Value));
    }

    // Goal: the search by term finds what a walk from the end would. §3.5.
    [Fact]
    public void The_search_by_term_agrees_with_a_walk() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte>(), ArbMap.Default.ArbFor<byte>(),
        (steps, index, term) =>
        {
            var log = new RaftLog();
            ulong t = 1;
            for (int i = 0; i < steps.Length; i++)
            {
                t += (ulong)(steps[i] % 3);
                log.Append(Lone.Entry((ulong)i + 1, t));
            }

            var expected = LogIndex.Min(new LogIndex(index), log.LastIndex);
            while (expected > LogIndex.Zero && log.TermAt(expected) > new Term(term))
            {
                expected = expected.Previous;
            }

            return log.LastWithTermAtMost(new LogIndex(index), new Term(term)) == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(1, 7));

    // Goal: misuse that would corrupt the log is refused.
    [Fact]
    public void Gaps_and_falling_terms_are_refused()
    {
        RaftLog log = Filled(3, term: 2);
        Assert.Throws<InvariantException>(() => log.Append(Lone.Entry(5, 2)));
        Assert.Throws<InvariantException>(() => log.Append(Lone.Entry(3, 2)));
        Assert.Throws<InvariantException>(() => log.Append(Lone.Entry(4, 1)));
        Assert.Throws<InvariantException>(() => log.Truncate(new LogIndex(4)));
        Assert.Throws<InvariantException>(() => log.Truncate(LogIndex.Zero));
        Assert.Throws<InvariantException>(() => log[new LogIndex(4)]);
        Assert.Equal((3UL, 2UL), (log.LastIndex.Value, log.LastTerm.Value));
    }

    // Goal: a log can be dropped whole and filled again.
    [Fact]
    public void A_log_can_be_emptied()
    {
        RaftLog log = Filled(100);
        log.Truncate(new LogIndex(1));
        Assert.Equal((0UL, 0UL), (log.LastIndex.Value, log.LastTerm.Value));
        log.Append(Lone.Entry(1, 1));
        Assert.Equal(1UL, log.LastIndex.Value);
    }

    private static RaftLog Filled(int count, ulong term = 1)
    {
        var log = new RaftLog();
        for (int i = 1; i <= count; i++)
        {
            log.Append(Lone.Entry((ulong)i, term));
        }

        return log;
    }

    private static void Apply(int step, RaftLog log, List<LogEntry> model)
    {
        int size = Math.Abs(step % 100);
        if (step % 4 == 0 && model.Count > 0)
        {
            int from = Math.Max(1, model.Count - size);
            log.Truncate(new LogIndex((ulong)from));
            model.RemoveRange(from - 1, model.Count - from + 1);
            return;
        }

        ulong term = (model.Count == 0 ? 1 : model[^1].Term.Value) + (ulong)(size % 2);
        for (int i = 0; i < size; i++)
        {
            LogEntry entry = Lone.Entry((ulong)model.Count + 1, term);
            log.Append(entry);
            model.Add(entry);
        }
    }

    private static bool AreSame(RaftLog log, List<LogEntry> model)
    {
        bool isSame = log.LastIndex.Value == (ulong)model.Count
            && log.LastTerm == (model.Count == 0 ? Term.Zero : model[^1].Term) && log.TermAt(LogIndex.Zero) == Term.Zero;
        foreach (LogEntry entry in model)
        {
            isSame &= log[entry.Index] == entry && log.TermAt(entry.Index) == entry.Term;
        }

        return isSame;
    }
}

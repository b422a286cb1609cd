using FsCheck;
using FsCheck.Fluent;
using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

/// <summary>Client sessions as replicated state. Source: dissertation §6.3.</summary>
public sealed class SessionTableTests
{
    private static readonly Duration _minute = Duration.Seconds(60);
    private readonly SessionTable _table = new();

    // Goal: a number is applied once; asked again, the answer is the one of then, as of its index.
    [Fact]
    public void A_repeated_number_is_answered_and_not_applied()
    {
        Open(5);
        Assert.Null(Propose(6, 5, number: 1));
        Answer(6, 5, 1, 42);

        ApplyResult again = Propose(9, 5, number: 1)!.Value;

        Assert.Equal((ApplyOutcome.Repeated, new LogIndex(6), (byte)42), (again.Outcome, again.RepeatOf, again.Result.Span[0]));
    }

    // Goal: numbers may be applied in any order within the window, each once.
    [Fact]
    public void Numbers_may_come_in_any_order()
    {
        Open(5);
        foreach (ulong number in (ulong[])[3, 1, 2])
        {
            Assert.Null(Propose(5 + number, 5, number, oldest: 1));
            Answer(5 + number, 5, number, (byte)number);
        }

        foreach (ulong number in (ulong[])[1, 2, 3])
        {
            Assert.Equal(number, Propose(20 + number, 5, number, oldest: 1)!.Value.Result.Span[0]);
        }
    }

    // Goal: what the caller has its answer of is forgotten, and is never applied again, not even if it never was.
    [Fact]
    public void What_was_answered_is_forgotten_and_not_applied_any_more()
    {
        Open(5);
        Assert.Null(Propose(6, 5, number: 1));
        Answer(6, 5, 1, 1);
        Assert.Null(Propose(7, 5, number: 3, oldest: 3));
        Answer(7, 5, 3, 3);

        Assert.Equal(ApplyOutcome.Forgotten, Propose(8, 5, number: 1, oldest: 1)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.Forgotten, Propose(9, 5, number: 2, oldest: 1)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.Repeated, Propose(10, 5, number: 3, oldest: 1)!.Value.Outcome);
        Assert.Single(_table.Capture()[0].Answers);
    }

    // Goal: sessions are told apart by name; one that never was, or was closed, is not open.
    [Fact]
    public void A_session_that_is_not_open_applies_nothing()
    {
        Open(5);
        Open(6);
        Assert.Null(Propose(7, 5, number: 1));
        Answer(7, 5, 1, 1);
        Assert.Null(Propose(8, 6, number: 1));
        Answer(8, 6, 1, 2);

        Assert.Equal(ApplyOutcome.Applied, Take(9, SessionVerb.Close, 5, Duration.Zero)!.Value.Outcome);

        Assert.Equal(ApplyOutcome.SessionNotOpen, Propose(10, 5, number: 1)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.SessionNotOpen, Propose(11, 99, number: 1)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.SessionNotOpen, Take(12, SessionVerb.Close, 5, Duration.Zero)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.Repeated, Propose(13, 6, number: 1)!.Value.Outcome);
    }

    // Goal: exactly a lifetime after its last use a session is open, later it is not; every use counts, repeats included.
    [Fact]
    public void A_session_expires_after_a_lifetime_without_use()
    {
        Open(5);
        Open(6);
        Assert.Null(Propose(7, 5, number: 1, time: _minute));
        Answer(7, 5, 1, 1);
        Assert.Equal(ApplyOutcome.Repeated, Propose(8, 5, number: 1, time: _minute * 2)!.Value.Outcome);
        Assert.Equal(1, _table.Count);
        Assert.Equal(ApplyOutcome.Applied, Take(9, SessionVerb.Keep, 5, _minute * 3)!.Value.Outcome);
        Assert.Equal(
            ApplyOutcome.SessionNotOpen, Propose(10, 5, number: 2, time: (_minute * 4) + new Duration(1))!.Value.Outcome);
        Assert.Equal(0, _table.Count);
    }

    // Goal: keeping a session forgets what its caller has answers to, as a command does.
    [Fact]
    public void Keeping_forgets_what_was_answered()
    {
        Open(5);
        Assert.Null(Propose(6, 5, number: 1));
        Answer(6, 5, 1, 1);
        _table.Take(new(7), new SessionUse(SessionVerb.Keep, new(new(5), 0, 2), Duration.Zero, Duration.Zero));
        Assert.Empty(_table.Capture()[0].Answers);
        Assert.Equal(ApplyOutcome.Forgotten, Propose(8, 5, number: 1)!.Value.Outcome);
    }

    // Goal: answers that are too long together are forgotten, the oldest first; the newest always stays.
    [Fact]
    public void Answers_that_are_too_long_are_forgotten_the_oldest_first()
    {
        Open(5);
        for (ulong number = 1; number <= 4; number++)
        {
            Assert.Null(Propose(5 + number, 5, number, oldest: 1));
            int bytes = (Limits.SessionAnswerBytesMax / 2) + (number == 4 ? 1 << 21 : 0);
            _table.Remember(new(5 + number), new(new(5), number, 1), new byte[bytes]);
            Assert.Equal(Math.Min(number, number == 4 ? 1UL : 2UL), (ulong)_table.Capture()[0].Answers.Count);
        }

        Assert.Equal(ApplyOutcome.Forgotten, Propose(20, 5, number: 3, oldest: 1)!.Value.Outcome);
        Assert.Equal(ApplyOutcome.Repeated, Propose(21, 5, number: 4, oldest: 1)!.Value.Outcome);
    }

    // Goal: no more sessions than allowed; none is evicted for another, and there is room again when one has expired.
    [Fact]
    public void Too_many_sessions_are_refused()
    {
        for (ulong i = 1; i <= Limits.SessionsMax; i++)
        {
            Assert.Equal(ApplyOutcome.Applied, Open(i).Outcome);
        }

        Assert.Equal(ApplyOutcome.TooManySessions, Open(20_000).Outcome);
        Assert.Equal(Limits.SessionsMax, _table.Count);
        Assert.Equal(ApplyOutcome.Applied, Open(20_001, _minute + new Duration(1)).Outcome);
        Assert.Equal(1, _table.Count);
    }

    // Goal: the table agrees with an oracle that looks through the whole past at every entry.
    [Fact]
    public void It_agrees_with_looking_through_the_whole_past() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        draws =>
        {
            SessionTable table = new();
            List<(ulong Index, SessionUse Use)> past = [];
            Duration time = Duration.Zero;
            for (ulong index = 1; index + 3 < (ulong)draws.Length; index++)
            {
                byte a = draws[index], b = draws[index + 1], c = draws[index + 2];
                time += Duration.Milliseconds(c * 3);
                ulong number = (b & 7U) + 1;
                SessionUse use = new(
                    (a & 7) switch
                    {
                        0 => SessionVerb.Open,
                        1 => SessionVerb.Keep,
                        2 => SessionVerb.Close,
                        _ => SessionVerb.Propose,
                    },
                    new(new((ulong)(a >> 3) + 1), number, 1 + ((number - 1) * (uint)(c & 3) / 3)),
                    Duration.Seconds(1 + (b & 1)),
                    time);
                ApplyResult? result = table.Take(new(index), use);
                if (result is null)
                {
                    table.Remember(new(index), use.Target, default);
                }

                past.Add((index, use));
                if (Judge(past, out ulong repeatOf) is var expected
                    && (expected, repeatOf) != (result?.Outcome ?? ApplyOutcome.Applied, result?.RepeatOf.Value ?? 0))
                {
                    return false;
                }

                // The same must be so over a snapshot.
                SessionTable restored = new();
                restored.Restore(table.Capture());
                table = (c & 16) == 0 ? table : restored;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithReplay(5, 11).WithEndSize(200));

    // What the last entry must come to, by nothing but the entries before it.
    private static ApplyOutcome Judge(List<(ulong Index, SessionUse Use)> past, out ulong repeatOf)
    {
        repeatOf = 0;
        (ulong last, SessionUse judged) = past[^1];
        if (judged.Verb == SessionVerb.Open)
        {
            return ApplyOutcome.Applied;
        }

        LogIndex id = judged.Target.Session;
        Duration? lifetime = null, usedAt = null;
        ulong oldest = 1;
        Dictionary<ulong, ulong> appliedAt = [];
        foreach ((ulong index, SessionUse use) in past)
        {
            if (use.Verb == SessionVerb.Open && index == id.Value)
            {
                (lifetime, usedAt) = (use.Lifetime, use.ClusterTime);
            }

            bool isOpen = usedAt is { } used && use.ClusterTime <= used + lifetime!.Value;
            if (use.Verb == SessionVerb.Open || use.Target.Session != id)
            {
                // What has expired stays so.
                usedAt = isOpen ? usedAt : null;
                continue;
            }

            if (!isOpen)
            {
                usedAt = null;
                if (index == last)
                {
                    return ApplyOutcome.SessionNotOpen;
                }

                continue;
            }

            usedAt = use.Verb == SessionVerb.Close ? null : use.ClusterTime;
            oldest = Math.Max(oldest, use.Target.OldestOpen);
            if (use.Verb == SessionVerb.Propose)
            {
                if (index == last && use.Target.Number < oldest)
                {
                    return ApplyOutcome.Forgotten;
                }

                if (index == last && appliedAt.TryGetValue(use.Target.Number, out repeatOf))
                {
                    return ApplyOutcome.Repeated;
                }

                if (use.Target.Number >= oldest)
                {
                    appliedAt.TryAdd(use.Target.Number, index);
                }
            }
        }

        return ApplyOutcome.Applied;
    }

    private ApplyResult Open(ulong index, Duration time = default) =>
        _table.Take(new(index), new SessionUse(SessionVerb.Open, default, _minute, time))!.Value;

    private ApplyResult? Propose(ulong index, ulong session, ulong number, ulong? oldest = null, Duration time = default) =>
        _table.Take(new(index), new SessionUse(
            SessionVerb.Propose, new(new(session), number, oldest ?? number), Duration.Zero, time));

    private ApplyResult? Take(ulong index, SessionVerb verb, ulong session, Duration time) =>
        _table.Take(new(index), new SessionUse(verb, new(new(session), 0, 0), Duration.Zero, time));

    private void Answer(ulong index, ulong session, ulong number, byte result) =>
        _table.Remember(new(index), new(new(session), number, number), new[] { result });
}

using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>The search for an order. Source: Wing and Gong, 1993; Lowe, 2017.</summary>
public sealed class HistorySearchTests
{
    private static readonly RegisterModel Register = new();

    // Goal: small histories of a register with check-and-set are judged as by the definition, one order after the other.
    [Fact]
    public void Histories_of_a_register_are_judged_as_by_the_definition() =>
        Compare(Register, 500, static prng => prng.Below(4) switch
        {
            0 => new RegisterOperation('w', Below(prng, 3), Result: 1),
            1 => new RegisterOperation('c', Below(prng, 3), Below(prng, 3), Below(prng, 2)),
            _ => new RegisterOperation('r', 0, Result: Below(prng, 3)),
        }, static operation => operation with { Result = null });

    // Goal: the same for a tally, where every answer tells its place.
    [Fact]
    public void Histories_of_a_tally_are_judged_as_by_the_definition() =>
        Compare(
            new TallyModel(),
            500,
            static prng => new TallyOperation(prng.Chance(1, 2), prng.Below(4)),
            static operation => operation with { Count = null });

    // Goal: objects are judged one by one, and what cannot be is named by its position in the whole history.
    [Fact]
    public void The_operation_that_fits_nowhere_is_named()
    {
        RecordedOperation<RegisterOperation>[] history =
        [
            new(new('r', 0, Result: 1, Object: "b"), 40, 50),
            new(new('w', 1, Result: 1, Object: "b"), 0, 10),
            new(new('w', 2, Result: 1, Object: "a"), 0, 10),
            new(new('w', 3, Result: 1, Object: "b"), 20, 30),
        ];
        Assert.Equal(new HistoryVerdict(true, 0), HistorySearch.Judge(Register, history));
        history[0] = history[0] with { CalledAt = 30 };
        Assert.True(HistorySearch.Judge(Register, history).IsLinearizable);
    }

    // Goal: a write whose outcome is not known may take effect late, or never, but only once and not before it was asked.
    [Fact]
    public void An_unknown_outcome_counts_once_or_never()
    {
        RecordedOperation<RegisterOperation> unknown = new(new('w', 1), 10, null);
        RecordedOperation<RegisterOperation> Sees(int value, long at) => new(new('r', 0, Result: value), at, at + 1);
        RecordedOperation<RegisterOperation> write = new(new('w', 2, Result: 1), 30, 31);
        Assert.True(HistorySearch.Judge(Register, [unknown, Sees(0, 20), write, Sees(2, 40)]).IsLinearizable);
        Assert.True(HistorySearch.Judge(Register, [unknown, Sees(0, 20), write, Sees(2, 40), Sees(1, 50)]).IsLinearizable);
        Assert.Equal(new HistoryVerdict(true, 1), HistorySearch.Judge(Register, [unknown, Sees(1, 5)]));
        Assert.Equal(
            new HistoryVerdict(true, 4),
            HistorySearch.Judge(Register, [unknown, Sees(1, 20), write, Sees(2, 40), Sees(1, 50)]));
    }

    // Goal: who feeds a history that cannot be is told so.
    [Fact]
    public void An_answer_before_its_question_is_refused() => Assert.Throws<ArgumentException>(
        () => HistorySearch.Judge(Register, [new(new('w', 1), 10, 9)]));

    // Goal: a long history in which little is concurrent takes no long search: each operation is placed about once.
    [Fact]
    public void Ten_thousand_operations_are_placed_about_once_each()
    {
        Prng prng = new(7);
        CountingModel model = new();
        List<RecordedOperation<RegisterOperation>> history = [];
        int value = 0;
        for (int i = 0; i < 10_000; i++)
        {
            bool isRead = prng.Chance(1, 2);
            value = isRead ? value : i;
            RegisterOperation operation = isRead ? new('r', 0, Result: value) : new('w', i, Result: 1);
            bool isUnknown = !isRead && prng.Chance(1, 1_000);
            operation = isUnknown ? operation with { Result = null } : operation;
            history.Add(new(operation, 10 * i, isUnknown ? null : (10 * i) + 15));
        }

        Assert.True(HistorySearch.Judge(model, history).IsLinearizable);
        Assert.InRange(model.Count, 10_000, 1_000_000);
    }

    // Goal: a history that would take for ever is given up after so many tries, and that is told. With as many tries as it needs
    // the same kind of history is decided.
    [Fact]
    public void A_search_that_would_take_for_ever_is_given_up()
    {
        HistoryVerdict verdict = HistorySearch.Judge(Register, Tangle(40));
        Assert.False(verdict.IsDecided);
        Assert.False(verdict.IsLinearizable);

        Assert.Equal(new HistoryVerdict(true, 4), HistorySearch.Judge(Register, Tangle(4)));
        Assert.False(HistorySearch.Judge(Register, Tangle(4), triesMax: 10).IsDecided);
        Assert.Throws<ArgumentOutOfRangeException>(() => HistorySearch.Judge(Register, Tangle(4), triesMax: 0));

        // Writes that were all under way at once, and a read of what nobody wrote.
        static RecordedOperation<RegisterOperation>[] Tangle(int writes) =>
        [
            .. Enumerable.Range(1, writes).Select(i =>
                new RecordedOperation<RegisterOperation>(new('w', i, Result: 1), i, 1_000)),
            new(new('r', 0, Result: -1), 500, 600),
        ];
    }

    private static int Below(Prng prng, ulong bound) => (int)prng.Below(bound);

    // Both verdicts must come up often, or little was compared.
    private static void Compare<TState, TOperation>(
        ISequentialModel<TState, TOperation> model,
        int cases,
        Func<Prng, TOperation> draw,
        Func<TOperation, TOperation> forget)
        where TState : notnull
    {
        int good = 0;
        for (int i = 0; i < cases; i++)
        {
            Prng prng = new((ulong)i);
            RecordedOperation<TOperation>[] history = new RecordedOperation<TOperation>[1 + Below(prng, 8)];
            for (int j = 0; j < history.Length; j++)
            {
                long calledAt = (long)prng.Below(20);
                bool isUnknown = prng.Chance(1, 4);
                TOperation operation = draw(prng);
                long? returnedAt = isUnknown ? null : calledAt + Below(prng, 12);
                history[j] = new(isUnknown ? forget(operation) : operation, calledAt, returnedAt);
            }

            bool expected = NaiveHistory.IsLinearizable(model, history);
            good += expected ? 1 : 0;
            Assert.True(
                HistorySearch.Judge(model, history) is { IsDecided: true } verdict && verdict.IsLinearizable == expected,
                $"case {i} is {(expected ? "" : "not ")}linearizable: {string.Join(", ", history)}");
        }

        Assert.InRange(good, cases / 10, cases * 9 / 10);
    }

    private sealed class CountingModel : ISequentialModel<int, RegisterOperation>
    {
        public int Count { get; private set; }

        public int Initial => 0;

        public bool TryApply(int state, RegisterOperation operation, out int after)
        {
            Count++;
            return Register.TryApply(state, operation, out after);
        }
    }
}

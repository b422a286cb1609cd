using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>What somebody did with a register: wrote, swapped one value for another, or read.</summary>
internal readonly record struct RegisterOperation(char Verb, int Value, int Expected = 0, int? Result = null, string Object = "");

/// <summary>A register with check-and-set, as a sequence has it.</summary>
internal sealed class RegisterModel : ISequentialModel<int, RegisterOperation>
{
    public int Initial => 0;

    public bool TryApply(int state, RegisterOperation operation, out int after)
    {
        (after, int result) = operation.Verb switch
        {
            'w' => (operation.Value, 1),
            'c' => state == operation.Expected ? (operation.Value, 1) : (state, 0),
            _ => (state, state),
        };
        return operation.Result is null || operation.Result == result;
    }

    public string ObjectOf(RegisterOperation operation) => operation.Object;
}

/// <summary>What somebody was told of a tally: how many commands there were, the caller's own included.</summary>
internal readonly record struct TallyOperation(bool IsCommand, ulong? Count);

/// <summary>The number of commands, as a sequence has it.</summary>
internal sealed class TallyModel : ISequentialModel<ulong, TallyOperation>
{
    public ulong Initial => 0;

    public bool TryApply(ulong state, TallyOperation operation, out ulong after)
    {
        after = operation.IsCommand ? state + 1 : state;
        return operation.Count is null || operation.Count == after;
    }
}

/// <summary>Linearizability by its very definition: some order of all that is known, and of some that is not, fits.</summary>
internal static class NaiveHistory
{
    public static bool IsLinearizable<TState, TOperation>(
        ISequentialModel<TState, TOperation> model, RecordedOperation<TOperation>[] history)
        where TState : notnull => Orders(history).Any(order => Fits(model, order));

    private static bool Fits<TState, TOperation>(
        ISequentialModel<TState, TOperation> model, RecordedOperation<TOperation>[] order)
        where TState : notnull
    {
        TState state = model.Initial;
        return order.All(one => model.TryApply(state, one.Operation, out state));
    }

    // Every order of every choice of the unknown ones in which nobody stands before what was answered before its call.
    private static IEnumerable<RecordedOperation<TOperation>[]> Orders<TOperation>(RecordedOperation<TOperation>[] rest)
    {
        if (rest.All(one => one.ReturnedAt is null))
        {
            yield return [];
        }

        for (int i = 0; i < rest.Length; i++)
        {
            RecordedOperation<TOperation> first = rest[i];
            if (rest.Any(other => other.ReturnedAt < first.CalledAt))
            {
                continue;
            }

            foreach (RecordedOperation<TOperation>[] others in Orders<TOperation>([.. rest[..i], .. rest[(i + 1)..]]))
            {
                yield return [first, .. others];
            }
        }
    }
}

using System.Runtime.InteropServices;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Searches for an order that makes a recorded history linearizable, where no log says it. Takes about as long as the history
/// when little is concurrent. The problem is NP-complete, so a search that takes too long is given up. Source: Wing and Gong,
/// 1993; with states that were reached before remembered as in Lowe, 2017.
/// </summary>
public static class HistorySearch
{
    /// <summary>How often an operation is tried at some place before a search is given up: a million times.</summary>
    public const long TriesMaxDefault = 1_000_000;

    /// <summary>Finds out whether a history is linearizable.</summary>
    /// <typeparam name="TState">The state of one object.</typeparam>
    /// <typeparam name="TOperation">The operations.</typeparam>
    /// <param name="model">What the objects do when nothing is concurrent.</param>
    /// <param name="history">The operations, in any order. Operations that failed for certain are left out.</param>
    /// <param name="triesMax">
    /// How often an operation may be tried at some place, for all objects together; at least 1. Default
    /// <see cref="TriesMaxDefault"/>. Memory grows with it: some 100 bytes a try at most.
    /// </param>
    /// <exception cref="ArgumentException">An operation was answered before it was asked.</exception>
    public static HistoryVerdict Judge<TState, TOperation>(
        ISequentialModel<TState, TOperation> model,
        IReadOnlyList<RecordedOperation<TOperation>> history,
        long triesMax = TriesMaxDefault)
        where TState : notnull
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(triesMax, 1);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(history);
        SortedDictionary<string, List<int>> objects = new(StringComparer.Ordinal);
        for (int i = 0; i < history.Count; i++)
        {
            if (history[i].ReturnedAt < history[i].CalledAt)
            {
                throw new ArgumentException($"operation {i} was answered before it was asked", nameof(history));
            }

            string about = model.ObjectOf(history[i].Operation);
            objects.TryAdd(about, []);
            objects[about].Add(i);
        }

        foreach (List<int> positions in objects.Values)
        {
            // An order is a history, too: what was called first is mostly tried first.
            positions.Sort((left, right) => (history[left].CalledAt, left).CompareTo((history[right].CalledAt, right)));
            Search<TState, TOperation> search = new(model, [.. positions.Select(position => history[position])], triesMax);
            HistoryVerdict verdict = search.Run();
            if (!verdict.IsLinearizable)
            {
                return verdict with { Stuck = positions[verdict.Stuck!.Value] };
            }

            triesMax = search.TriesLeft;
        }

        return new HistoryVerdict(IsDecided: true, null);
    }

    // The history of one object as a list of calls and returns in the order of time. An operation that has got its place is
    // taken out of the list; who may be next is called in front of the first return that is left.
    private sealed class Search<TState, TOperation>
        where TState : notnull
    {
        private readonly ISequentialModel<TState, TOperation> _model;
        private readonly RecordedOperation<TOperation>[] _operations;

        // Calls are numbered as their operations, returns come behind, and the head of the list behind all.
        private readonly int[] _next;
        private readonly int[] _previous;
        private readonly int _head;
        private readonly ulong[] _placed;

        // Of unknown ones that are the same, the one before: they take their turns as they were called.
        private readonly int?[] _twins;
        private readonly Lookup<(TState State, int From, string Placed), bool> _reached = new();
        private readonly Stack<(int Operation, TState Before)> _order = new();
        private TState _state;
        private int _left;

        public Search(
            ISequentialModel<TState, TOperation> model, RecordedOperation<TOperation>[] operations, long triesMax)
        {
            TriesLeft = triesMax;
            _model = model;
            _operations = operations;
            _state = model.Initial;
            _head = 2 * operations.Length;
            _next = new int[_head + 1];
            _previous = new int[_head + 1];
            _placed = new ulong[(operations.Length / 64) + 1];
            _twins = new int?[operations.Length];
            FindTwins();
            int last = _head;
            foreach (int happened in Happened())
            {
                (_next[last], _previous[happened]) = (happened, last);
                last = happened;
                _left += happened < operations.Length ? 0 : 1;
            }

            (_next[last], _previous[_head]) = (_head, last);
        }

        public long TriesLeft { get; private set; }

        public HistoryVerdict Run()
        {
            int stuck = 0;
            int furthest = -1;
            int at = _next[_head];
            bool isLast = false;
            while (_left > 0)
            {
                if (TriesLeft == 0)
                {
                    return new HistoryVerdict(IsDecided: false, stuck);
                }

                if (at < _operations.Length)
                {
                    bool isPlaced = IsUnknown(at) == isLast && TryPlace(at);
                    at = isPlaced ? _next[_head] : _next[at];
                    isLast &= !isPlaced;
                    continue;
                }

                if (!isLast)
                {
                    // What nobody was told of is tried only where nothing else fits: mostly it is not needed.
                    isLast = true;
                    at = _next[_head];
                    continue;
                }

                if (_order.Count > furthest)
                {
                    (furthest, stuck) = (_order.Count, at - _operations.Length);
                }

                // What changes nothing is best placed as soon as it fits: elsewhere it need not be tried.
                int last;
                bool isChange;
                do
                {
                    if (_order.Count == 0)
                    {
                        return new HistoryVerdict(IsDecided: true, stuck);
                    }

                    last = TakeBack(out isChange);
                }
                while (!isChange);

                isLast = IsUnknown(last);
                at = _next[last];
            }

            return new HistoryVerdict(IsDecided: true, null);
        }

        private void FindTwins()
        {
            Lookup<RecordedOperation<TOperation>, int> latest = new();
            for (int i = 0; i < _operations.Length; i++)
            {
                RecordedOperation<TOperation> same = _operations[i] with { CalledAt = 0 };
                if (IsUnknown(i))
                {
                    _twins[i] = latest.TryFind(same, out int twin) ? twin : null;
                    latest[same] = i;
                }
            }
        }

        private IEnumerable<int> Happened()
        {
            int count = _operations.Length;
            IEnumerable<int> returns = Enumerable.Range(0, count).Where(i => _operations[i].ReturnedAt is not null);
            return Enumerable.Range(0, count).Concat(returns.Select(i => count + i))
                .OrderBy(happened => happened < count
                    ? _operations[happened].CalledAt
                    : _operations[happened - count].ReturnedAt)
                .ThenBy(happened => happened);
        }

        // True when the operation fits here, and what comes of it is new.
        private bool TryPlace(int operation)
        {
            TriesLeft--;
            bool isInTurn = _twins[operation] is not int twin || IsPlaced(twin);
            if (!isInTurn || !_model.TryApply(_state, _operations[operation].Operation, out TState next))
            {
                return false;
            }

            Flip(operation);
            if (!_reached.Add(Reached(next), true))
            {
                Flip(operation);
                return false;
            }

            _order.Push((operation, _state));
            _state = next;
            Unlink(operation);
            if (!IsUnknown(operation))
            {
                Unlink(_operations.Length + operation);
                _left--;
            }

            return true;
        }

        private int TakeBack(out bool isChange)
        {
            (int operation, TState before) = _order.Pop();
            isChange = !EqualityComparer<TState>.Default.Equals(before, _state);
            _state = before;
            Flip(operation);
            if (!IsUnknown(operation))
            {
                Link(_operations.Length + operation);
                _left++;
            }

            Link(operation);
            return operation;
        }

        // Where all in front and none behind have a place there is nothing to remember, so that long histories stay short.
        private (TState State, int From, string Placed) Reached(TState state)
        {
            int from = 0;
            int to = _placed.Length;
            while (from < to && _placed[from] == ulong.MaxValue)
            {
                from++;
            }

            while (to > from && _placed[to - 1] == 0)
            {
                to--;
            }

            return (state, from, new string(MemoryMarshal.Cast<ulong, char>(_placed.AsSpan(from, to - from))));
        }

        private bool IsUnknown(int operation) => _operations[operation].ReturnedAt is null;

        private bool IsPlaced(int operation) => (_placed[operation / 64] >> (operation % 64) & 1) != 0;

        private void Flip(int operation) => _placed[operation / 64] ^= 1UL << (operation % 64);

        private void Unlink(int happened)
        {
            _next[_previous[happened]] = _next[happened];
            _previous[_next[happened]] = _previous[happened];
        }

        private void Link(int happened)
        {
            _next[_previous[happened]] = happened;
            _previous[_next[happened]] = happened;
        }
    }
}

using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Every state machine applies the same commands at the same indexes, in order and none left out, only when they are
/// committed, and gives the same answers (dissertation §3.2, State Machine Safety).
/// </summary>
public sealed class StateMachineSafety(CommitHistory history) : IChecker
{
    // By index; default where nothing was applied.
    private readonly Pages<Record> _applied = new();
    private readonly PerServer<(int Incarnation, LogIndex Last, ulong Sequence)> _servers = new(_ => default);

    /// <inheritdoc/>
    public string Name => "state-machine-safety";

    /// <inheritdoc/>
    public void Stopped(int server) => _servers[server] = default;

    /// <inheritdoc/>
    public void Restored(int server, int incarnation, LogIndex through)
    {
        if (through > history.Last)
        {
            throw new ViolationException(
                Name, $"server {server} restored a snapshot up to index {through}, but only {history.Last} is committed");
        }

        (int Incarnation, LogIndex Last, ulong Sequence) state = _servers[server];
        if (state.Incarnation == incarnation && through < state.Last)
        {
            throw new ViolationException(
                Name, $"server {server} restored a snapshot up to index {through} after it had applied index {state.Last}");
        }

        // From here on it must answer as whoever applied all of that did.
        LogIndex command = LogIndex.Min(through, new((ulong)_applied.Count));
        while (command > LogIndex.Zero && !At(command).IsKnown)
        {
            command = command.Previous;
        }

        _servers[server] = (incarnation, through, At(command).Sequence);
    }

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        AppliedEntry entry = observation.Entry;
        LogIndex index = entry.Index;
        (int Incarnation, LogIndex Last, ulong Sequence) state = _servers[observation.Server];
        if (state.Incarnation != observation.Incarnation)
        {
            state = (observation.Incarnation, LogIndex.Zero, 0);
        }

        if (index <= state.Last)
        {
            throw new ViolationException(
                Name, $"server {observation.Server} applied index {index} after index {state.Last}");
        }

        if (index > history.Last || history.EntryAt(index).Term != entry.Term)
        {
            throw new ViolationException(Name, $"server {observation.Server} applied an entry of term {entry.Term} at index "
                + $"{index}, which is not what was committed there");
        }

        ulong command = TraceHash.Of(entry.Payload.Span, 0);
        ulong sequence =
            Prng.Hash(Prng.Hash(state.Sequence, index.Value), Prng.Hash(command, unchecked((ulong)entry.Time.UnixNanos)));
        ulong result = TraceHash.Of(observation.Result.Span, 0);
        Record record = new(sequence, command, result, IsKnown: true);
        if (!At(index).IsKnown)
        {
            _applied.Put(checked((int)index.Value - 1), record);
        }
        else if (At(index) != record)
        {
            throw new ViolationException(Name, $"server {observation.Server} applied index {index}, but with "
                + $"{Difference(At(index), record)} than an earlier server");
        }

        _servers[observation.Server] = (observation.Incarnation, index, sequence);
    }

    private Record At(LogIndex index) =>
        index > LogIndex.Zero && index.Value <= (ulong)_applied.Count ? _applied[(int)index.Value - 1] : default;

    private static string Difference(in Record first, in Record second)
    {
        if (first.Payload != second.Payload)
        {
            return "another command";
        }

        return first.Sequence != second.Sequence ? "other commands before it" : "another answer";
    }

    private readonly record struct Record(ulong Sequence, ulong Payload, ulong Result, bool IsKnown);
}

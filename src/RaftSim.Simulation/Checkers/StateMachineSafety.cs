using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Every state machine applies the same commands at the same indexes, in order and none left out, only when they are
/// committed, and gives the same answers (dissertation §3.2, State Machine Safety).
/// </summary>
public sealed class StateMachineSafety(CommitHistory history) : IChecker
{
    private readonly Lookup<ulong, Record> _applied = new();
    private readonly SortedDictionary<int, (int Incarnation, LogIndex Last, ulong Sequence)> _servers = [];

    /// <inheritdoc/>
    public string Name => "state-machine-safety";

    /// <inheritdoc/>
    public void Stopped(int server) => _servers.Remove(server);

    /// <inheritdoc/>
    public void Restored(int server, int incarnation, LogIndex through)
    {
        if (through > history.Last)
        {
            throw new ViolationException(
                Name, $"server {server} restored a snapshot up to index {through}, but only {history.Last} is committed");
        }

        _servers.TryGetValue(server, out (int Incarnation, LogIndex Last, ulong Sequence) state);
        if (state.Incarnation == incarnation && through < state.Last)
        {
            throw new ViolationException(
                Name, $"server {server} restored a snapshot up to index {through} after it had applied index {state.Last}");
        }

        // From here on it must answer as whoever applied all of that did.
        LogIndex command = through;
        Record record = default;
        while (command > LogIndex.Zero && !_applied.TryFind(command.Value, out record))
        {
            command = command.Previous;
        }

        _servers[server] = (incarnation, through, record.Sequence);
    }

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        AppliedEntry entry = observation.Entry;
        LogIndex index = entry.Index;
        _servers.TryGetValue(observation.Server, out (int Incarnation, LogIndex Last, ulong Sequence) state);
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
        Record record = new(sequence, command, result);
        if (!_applied.Add(index.Value, record) && _applied[index.Value] != record)
        {
            Record first = _applied[index.Value];
            throw new ViolationException(Name, $"server {observation.Server} applied index {index}, but with "
                + $"{Difference(first, record)} than an earlier server");
        }

        _servers[observation.Server] = (observation.Incarnation, index, sequence);
    }

    private static string Difference(in Record first, in Record second)
    {
        if (first.Payload != second.Payload)
        {
            return "another command";
        }

        return first.Sequence != second.Sequence ? "other commands before it" : "another answer";
    }

    private readonly record struct Record(ulong Sequence, ulong Payload, ulong Result);
}

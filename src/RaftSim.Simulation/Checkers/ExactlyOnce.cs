using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A command, known by its <see cref="CommandId"/>, is applied at one index at most, whatever was repeated on its way.
/// </summary>
public sealed class ExactlyOnce : IChecker
{
    private readonly Lookup<CommandId, LogIndex> _indexes = new();

    // By index, which is found sooner: every server applies every command.
    private readonly Pages<CommandId> _commands = new();

    /// <inheritdoc/>
    public string Name => "exactly-once";

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        LogIndex index = observation.Entry.Index;
        CommandId command = observation.Entry.Command;
        int place = checked((int)index.Value - 1);
        if (place < _commands.Count && _commands[place] == command)
        {
            return;
        }

        _commands.Put(place, command);
        if (!_indexes.Add(command, index) && _indexes[command] != index)
        {
            throw new ViolationException(Name, $"command {command.Sequence} of {command.Origin} was applied twice: at index "
                + $"{_indexes[command]} and, by server {observation.Server}, at index {index}");
        }
    }
}

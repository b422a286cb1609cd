using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Callers learn the truth: an answer with a result is the result of the caller's own command at that index, and a command
/// that was refused ("nothing was done") is never applied. Commands that were submitted more than once with the same
/// bytes cannot be told apart and are left out.
/// </summary>
public sealed class TruthfulReplies(StateMachineSafety applied) : IChecker
{
    private readonly Lookup<ulong, Fate> _commands = new();

    private enum Fate : byte
    {
        Open,
        Applied,
        Refused,
        Ambiguous,
    }

    /// <inheritdoc/>
    public string Name => "truthful-replies";

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is ProposeRequest propose)
        {
            ulong command = TraceHash.Of(propose.Payload.Span, 0);
            if (!_commands.Add(command, Fate.Open))
            {
                _commands[command] = Fate.Ambiguous;
            }
        }
    }

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        ulong command = TraceHash.Of(observation.Entry.Payload.Span, 0);
        if (!_commands.TryFind(command, out Fate fate))
        {
            throw new ViolationException(
                Name, $"server {observation.Server} applied at index {observation.Entry.Index} a command that nobody asked for");
        }

        if (fate == Fate.Refused)
        {
            throw new ViolationException(Name, $"server {observation.Server} applied at index {observation.Entry.Index} a "
                + "command whose caller was told that nothing was done");
        }

        if (fate == Fate.Open)
        {
            _commands[command] = Fate.Applied;
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (observation.Request is not ProposeRequest propose)
        {
            return;
        }

        ulong command = TraceHash.Of(propose.Payload.Span, 0);
        if (!_commands.TryFind(command, out Fate fate) || fate == Fate.Ambiguous)
        {
            return;
        }

        switch (observation.Reply)
        {
            case CommandReply reply:
                if (!applied.TryFind(reply.Index, out ulong payload, out ulong result)
                    || payload != command
                    || result != TraceHash.Of(reply.Result.Span, 0))
                {
                    throw new ViolationException(Name, $"server {observation.Server} answered that a command was applied at "
                        + $"index {reply.Index}, but that is not what was applied there");
                }

                break;
            case ErrorReply { Kind: not (ServerErrorKind.OutcomeUnknown or ServerErrorKind.SessionGone) } error:
                if (fate == Fate.Applied)
                {
                    throw new ViolationException(Name, $"server {observation.Server} answered \"{error.Text}\" to a command "
                        + "that was applied");
                }

                _commands[command] = Fate.Refused;
                break;
            case ErrorReply:
                break;
            default:
                throw new ViolationException(
                    Name, $"server {observation.Server} answered a command with {observation.Reply.GetType().Name}");
        }
    }
}

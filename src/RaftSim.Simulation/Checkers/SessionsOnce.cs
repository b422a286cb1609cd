using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A command of a client session, known by its number, is applied at one index at most, through whatever servers it was
/// repeated, and every caller who gets an answer gets that of this one application. Source: dissertation §6.3.
/// </summary>
public sealed class SessionsOnce : IChecker
{
    private readonly Lookup<(LogIndex Session, ulong Number), Once> _applied = new();

    /// <inheritdoc/>
    public string Name => "sessions-once";

    /// <inheritdoc/>
    public void Applied(in AppliedObservation observation)
    {
        if (observation.Entry.Session is not { Verb: SessionVerb.Propose, Target: var command })
        {
            return;
        }

        LogIndex index = observation.Entry.Index;
        Once once = new(index, TraceHash.Of(observation.Result.Span, 0));
        if (!_applied.Add((command.Session, command.Number), once)
            && _applied[(command.Session, command.Number)].Index is var first && first != index)
        {
            throw new ViolationException(Name, $"number {command.Number} of session {command.Session} was applied twice: at "
                + $"index {first} and, by server {observation.Server}, at index {index}");
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (observation is not
            { Request: ProposeRequest { Session: { } command }, Reply: CommandReply reply })
        {
            return;
        }

        if (!_applied.TryFind((command.Session, command.Number), out Once once)
            || once.Index != reply.Index || once.Result != TraceHash.Of(reply.Result.Span, 0))
        {
            throw new ViolationException(Name, $"server {observation.Server} answered number {command.Number} of session "
                + $"{command.Session} as of index {reply.Index}, but that is not what became of it");
        }
    }

    private readonly record struct Once(LogIndex Index, ulong Result);
}

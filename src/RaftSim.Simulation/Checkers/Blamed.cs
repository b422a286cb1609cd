using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A checker of somebody's own, which may have defects, too: checkers look on while servers work, and what one of them throws
/// would else be taken for what the server threw.
/// </summary>
internal sealed class Blamed(IChecker checker) : IChecker
{
    public string Name => checker.Name;

    public void Observe(in ServerObservation observation)
    {
        try
        {
            checker.Observe(observation);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Stopped(int server)
    {
        try
        {
            checker.Stopped(server);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Sent(int server, in Envelope envelope)
    {
        try
        {
            checker.Sent(server, envelope);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Received(int server, in Envelope envelope)
    {
        try
        {
            checker.Received(server, envelope);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Applied(in AppliedObservation observation)
    {
        try
        {
            checker.Applied(observation);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Restored(int server, int incarnation, LogIndex through)
    {
        try
        {
            checker.Restored(server, incarnation, through);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Queried(in QueryObservation observation)
    {
        try
        {
            checker.Queried(observation);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Requested(int server, ServerRequest request)
    {
        try
        {
            checker.Requested(server, request);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Replied(in ReplyObservation observation)
    {
        try
        {
            checker.Replied(observation);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Raised(int server, in ServerEvent raised)
    {
        try
        {
            checker.Raised(server, raised);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    public void Ended(int server, in RaftStatus status, ReplicaLog log)
    {
        try
        {
            checker.Ended(server, status, log);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            throw Blame(exception);
        }
    }

    private static bool IsDefect(Exception exception) => exception is not (ViolationException or SimulationFailedException);

    private ViolationException Blame(Exception exception) => new(Name, $"the checker itself threw {exception}");
}

using System.Buffers;

namespace RaftSim.Server;

/// <summary>
/// A state machine with client sessions in front of it: what an <see cref="IApplyStage"/> hands its entries to. A command of a
/// session reaches the state machine once, whatever was repeated. Used as <see cref="IStateMachine"/> is.
/// Source: dissertation §6.3.
/// </summary>
/// <param name="machine">The user's state machine.</param>
public sealed class SessionMachine(IStateMachine machine)
{
    private readonly SessionTable _sessions = new();
    private readonly ArrayBufferWriter<byte> _result = new();

    /// <summary>The user's state machine.</summary>
    public IStateMachine Inner { get; } = machine;

    /// <summary>How many sessions are open.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>Whether an entry was handed to the user's state machine when it came to this.</summary>
    public static bool IsForMachine(in AppliedEntry entry, in ApplyResult result) =>
        result.Outcome == ApplyOutcome.Applied && entry.Session is null or { Verb: SessionVerb.Propose };

    /// <summary>Applies one committed entry, and says what came of it.</summary>
    public ApplyResult Apply(in AppliedEntry entry)
    {
        if (entry.Session is not null && _sessions.Take(entry.Index, entry.Session) is { } known)
        {
            return known;
        }

        _result.ResetWrittenCount();
        Inner.Apply(entry, _result);
        byte[] result = _result.WrittenSpan.ToArray();
        if (entry.Session is not null)
        {
            _sessions.Remember(entry.Index, entry.Session.Target, result);
        }

        return new ApplyResult(entry.Index, result);
    }

    /// <summary>Captures the sessions, and the state behind them; null when the state machine takes no snapshots.</summary>
    public ISnapshotSource? Capture() =>
        Inner.Capture() is { } source ? new SessionSource(_sessions.Capture(), source) : null;

    /// <summary>Begins to take what was captured.</summary>
    public ISnapshotSink BeginRestore() => new SessionSink(_sessions, Inner.BeginRestore());
}

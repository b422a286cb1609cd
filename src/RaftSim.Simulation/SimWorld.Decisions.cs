using RaftSim.Server;

namespace RaftSim.Simulation;

// Which decisions of the seed come to pass, and what they do.
public sealed partial class SimWorld
{
    private SortedSet<Decision>? _only;
    private int? _cause;

    /// <summary>Where to record which decisions came to pass. Default: nowhere. The run is the same.</summary>
    public DecisionLog? Decisions { get; set; }

    /// <summary>
    /// Leaves out every decision of <see cref="Run"/> but these, which stay as they were. What follows from a decision, such as
    /// the end of a fault, belongs to it. A kind that was asked for by name may then never strike.
    /// </summary>
    public SimWorld WithOnly(params IEnumerable<Decision> decisions)
    {
        _only = [.. decisions];
        return this;
    }

    /// <summary>The strikes and single blows that are left when others are left out; null when all are there.</summary>
    internal IReadOnlyList<Decision>? OnlyStrikes => _only is null
        ? null
        : [.. _only.Where(decision => decision.Kind is DecisionKind.Strike or DecisionKind.Blow)];

    // Nothing of what the seed decides is left out, and nothing added.
    private bool IsWhole =>
        _only is null && _calm == SwarmTraits.None && _steps.Count == 0 && (_planned is null || _planned == _duration);

    private bool HasEveryRequest => _only?.Contains(Decision.EveryRequest) != false;

    /// <summary>The place of the decision from which follows what happens now; null: from none.</summary>
    internal int? Cause => _cause;

    /// <summary>A decision is about to come to pass; false when it is left out. What it does is told until it ends.</summary>
    internal bool Begins(Decision decision)
    {
        bool isKept = _only?.Contains(decision) != false
            || (decision.Kind == DecisionKind.Request && HasEveryRequest);
        if (isKept && Decisions is not null)
        {
            _cause = Decisions.Add(decision, Now);
            Record?.Begins(decision);
        }

        return isKept;
    }

    /// <summary>What happens from now on follows from another decision, or from none; returns the one until now.</summary>
    internal int? Follows(int? cause)
    {
        int? before = _cause;
        _cause = cause;
        return before;
    }

    /// <summary>What befalls the world, rather than what its servers do.</summary>
    internal void Say(string what)
    {
        Trace?.WriteLine($"{Now} {what}");
        Record?.Said(what, _cause is int place ? Decisions?.Entries[place].Decision : null);
        if (_cause is int cause)
        {
            Decisions?.Tell(cause, Now, what);
        }
    }

    private void Say(SimServer server, string what) => Say($"s{server.Number} {what}");

    private bool Befalls(FaultKind kind, int from, int to, ulong number, in Envelope envelope)
    {
        if (_only is null && Decisions is null)
        {
            return true;
        }

        Decision decision = Decision.Message(kind, from, to, number);
        if (_only?.Contains(decision) == false)
        {
            return false;
        }

        Decisions?.Add(decision, Now, $"{FaultCounts.NameOf(kind)} of {NameOf(envelope)} from s{from} to s{to}");
        return true;
    }

    private void TellFate(int from, int to, in Envelope envelope, string what)
    {
        Trace?.WriteLine($"{Now} s{from} -> s{to} {NameOf(envelope)} {what}");
        Record?.Messages.Befell(from, to, envelope, what);
    }

    private static string NameOf(in Envelope envelope) => envelope.Message.Kind == ServerMessageKind.Raft
        ? envelope.Message.Raft.Kind.ToString()
        : envelope.Message.Kind.ToString();

    internal static string Gist(ServerRequest request) => request switch
    {
        ProposeRequest { Session: null } propose => $"for a command of {propose.Payload.Length} bytes",
        ProposeRequest { Session: { } session } => $"for command {session}",
        TransferLeadershipRequest transfer => $"to move leadership to {transfer.Id ?? transfer.Address ?? "the best"}",
        RemoveServerRequest remove => $"to remove {remove.Id ?? remove.Address}",
        QueryRequest query => query.Stale ? "a stale query" : "a query",
        _ => request.GetType().Name,
    };
}

using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A query that is not stale is answered as of an index that covers everything that was committed when it was asked, whether
/// anybody had heard of that or not (dissertation §6.4: the read index of a leader that has committed in its term, and leads
/// still). That is more than callers can see, so a read of a leader that is deposed is seen although nobody wrote.
/// Queries that were asked more than once with the same bytes cannot be told apart and are left out.
/// </summary>
public sealed class ReadsSeeCommits(CommitHistory history) : IChecker
{
    private readonly Lookup<ulong, LogIndex> _committed = new();

    /// <inheritdoc/>
    public string Name => "reads-see-commits";

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is QueryRequest { Stale: false } query)
        {
            ulong key = TraceHash.Of(query.Query.Span, 0);
            if (!_committed.Add(key, history.Last))
            {
                _committed[key] = LogIndex.Zero;
            }
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (observation is { Request: QueryRequest { Stale: false } query, Reply: QueryReply reply }
            && reply.Index < _committed[TraceHash.Of(query.Query.Span, 0)])
        {
            throw new ViolationException(Name, $"server {observation.Server} answered a query as of index {reply.Index}, but "
                + $"{_committed[TraceHash.Of(query.Query.Span, 0)]} was committed before it was asked");
        }
    }
}

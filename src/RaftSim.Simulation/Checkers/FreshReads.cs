using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Reads are linearizable: a query that is not stale is answered by a state machine that has applied every command whose
/// caller had its answer when the query was asked, and by no older state than any query answered before had.
/// Source: dissertation §6.4. Queries that were asked more than once with the same bytes cannot be told apart and are left out.
/// </summary>
public sealed class FreshReads : IChecker
{
    private readonly Lookup<ulong, Ask> _asked = new();

    // The last command, and the last index, that somebody was told about.
    private LogIndex _lastCommand;
    private LogIndex _lastIndex;

    /// <inheritdoc/>
    public string Name => "fresh-reads";

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is QueryRequest { Stale: false } query
            && !_asked.Add(TraceHash.Of(query.Query.Span, 0), new Ask(_lastCommand, _lastIndex, IsAmbiguous: false)))
        {
            _asked[TraceHash.Of(query.Query.Span, 0)] = new Ask(default, default, IsAmbiguous: true);
        }
    }

    /// <inheritdoc/>
    public void Queried(in QueryObservation observation)
    {
        if (_asked.TryFind(TraceHash.Of(observation.Query.Span, 0), out Ask ask)
            && !ask.IsAmbiguous && observation.Applied < ask.LastCommand)
        {
            throw new ViolationException(Name, $"server {observation.Server} lets a query see commands up to index "
                + $"{observation.Applied}, but {ask.LastCommand} was answered before it was asked");
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        switch (observation.Reply)
        {
            case CommandReply command:
                _lastCommand = LogIndex.Max(_lastCommand, command.Index);
                _lastIndex = LogIndex.Max(_lastIndex, command.Index);
                break;
            case QueryReply query when observation.Request is QueryRequest { Stale: false } request:
                if (_asked.TryFind(TraceHash.Of(request.Query.Span, 0), out Ask ask)
                    && !ask.IsAmbiguous && query.Index < ask.LastIndex)
                {
                    throw new ViolationException(Name, $"server {observation.Server} answered a query as of index "
                        + $"{query.Index}, but {ask.LastIndex} had been shown before it was asked");
                }

                _lastIndex = LogIndex.Max(_lastIndex, query.Index);
                break;
        }
    }

    private readonly record struct Ask(LogIndex LastCommand, LogIndex LastIndex, bool IsAmbiguous);
}

using System.Text;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged histories of reads. Source: dissertation §6.4.</summary>
public sealed class FreshReadsTests
{
    private readonly FreshReads _reads = new();

    // Goal: a state machine that lacks a command answered before the query was asked is seen.
    [Fact]
    public void A_query_that_misses_an_answered_command_is_seen()
    {
        Answered(5);
        QueryRequest query = Ask("q");

        string message = Caught(_reads, () => _reads.Queried(Sees("q", 4)));
        Assert.Contains("up to index 4, but 5 was answered", message, StringComparison.Ordinal);
        _reads.Queried(Sees("q", 5));
        _reads.Replied(new ReplyObservation(1, query, new QueryReply(new LogIndex(5), default)));
    }

    // Goal: a query that goes back behind one that was answered before it was asked is seen.
    [Fact]
    public void A_query_that_goes_back_in_time_is_seen()
    {
        _reads.Replied(new ReplyObservation(0, Ask("first"), new QueryReply(new LogIndex(7), default)));
        QueryRequest second = Ask("second");

        string message = Caught(
            _reads, () => _reads.Replied(new ReplyObservation(1, second, new QueryReply(new LogIndex(6), default))));
        Assert.Contains("as of index 6, but 7 had been shown", message, StringComparison.Ordinal);
    }

    // Goal: no false alarm: what was answered after a query was asked need not be in it, a stale query promises nothing,
    // and queries with the same bytes cannot be told apart.
    [Fact]
    public void What_is_not_promised_is_not_required()
    {
        QueryRequest early = Ask("early");
        Answered(5);
        _reads.Queried(Sees("early", 3));
        _reads.Replied(new ReplyObservation(0, early, new QueryReply(new LogIndex(3), default)));

        QueryRequest stale = new(Bytes("stale"), Stale: true);
        _reads.Requested(0, stale);
        _reads.Queried(Sees("stale", 1));
        _reads.Replied(new ReplyObservation(0, stale, new QueryReply(new LogIndex(1), default)));

        Ask("same");
        Ask("same");
        _reads.Queried(Sees("same", 1));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static QueryObservation Sees(string query, ulong applied) => new(1, Bytes(query), new LogIndex(applied));

    private QueryRequest Ask(string query)
    {
        QueryRequest request = new(Bytes(query));
        _reads.Requested(0, request);
        return request;
    }

    private void Answered(ulong index) => _reads.Replied(
        new ReplyObservation(0, new ProposeRequest(Bytes("command")), new CommandReply(new LogIndex(index), default)));
}

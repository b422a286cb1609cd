using System.Text;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Reads against what was committed when they were asked. Source: dissertation §6.4.</summary>
public sealed class ReadsSeeCommitsTests
{
    private readonly CommitHistory _history = new();
    private readonly ReadsSeeCommits _reads;

    /// <summary>Three entries are committed, of which no caller has heard.</summary>
    public ReadsSeeCommitsTests()
    {
        _reads = new(_history);
        _history.Observe(new Forge(0).Say(append: [Entry(1, 1), Entry(2, 1), Entry(3, 1)], commit: 3));
    }

    // Goal: an answer from before what was committed is seen, also when nobody was told of that.
    [Fact]
    public void An_answer_from_before_what_was_committed_is_seen()
    {
        QueryRequest query = Ask("q");
        string message = Caught(_reads, () => Answer(query, 2));
        Assert.Contains("as of index 2, but 3 was committed", message, StringComparison.Ordinal);
        Answer(query, 3);
    }

    // Goal: no false alarm: stale queries promise nothing, and queries with the same bytes cannot be told apart.
    [Fact]
    public void What_is_not_promised_is_not_required()
    {
        QueryRequest stale = new(Encoding.UTF8.GetBytes("stale"), Stale: true);
        _reads.Requested(0, stale);
        Answer(stale, 1);
        Ask("same");
        Answer(Ask("same"), 1);
    }

    private QueryRequest Ask(string text)
    {
        QueryRequest query = new(Encoding.UTF8.GetBytes(text));
        _reads.Requested(0, query);
        return query;
    }

    private void Answer(QueryRequest query, ulong index) =>
        _reads.Replied(new ReplyObservation(1, query, new QueryReply(new LogIndex(index), default)));
}

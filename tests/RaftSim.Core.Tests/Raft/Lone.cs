using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Server s1 alone, with a test that plays all the others by hand.</summary>
internal static class Lone
{
    public static ServerId Self => TestCluster.Id(1);

    /// <summary>A follower whose log is the first configuration (index 1, term 1) and then entries of the given terms.</summary>
    public static TestServer Follower(
        int voters = 3, ulong[]? terms = null, ulong term = 1, int vote = 0, Func<RaftOptions, RaftOptions>? configure = null)
    {
        IEnumerable<ConfiguredServer> servers = Enumerable.Range(1, voters).Select(i => TestCluster.Configured(i));
        var log = new List<LogEntry> { TestCluster.Bootstrap(servers) };
        foreach (ulong t in terms ?? [])
        {
            log.Add(Entry((ulong)log.Count + 1, t));
        }

        RaftOptions options = (configure ?? (o => o))(TestCluster.Options(1));
        return new TestServer(
            options, new Prng(1), log, new HardState(new Term(term), vote == 0 ? default : TestCluster.Id(vote)));
    }

    /// <summary>A server that has asked for pre-votes; its requests are taken.</summary>
    public static TestServer PreCandidate(
        int voters = 3, ulong[]? terms = null, ulong term = 1, Func<RaftOptions, RaftOptions>? configure = null)
    {
        TestServer server = Follower(voters, terms, term, configure: configure);
        server.TickToDeadline();
        Assert.Equal(RaftRole.PreCandidate, server.Status.Role);
        server.TakeSent();
        return server;
    }

    /// <summary>A server that has asked for votes, its own vote durable; its requests are taken.</summary>
    public static TestServer Candidate(
        int voters = 3, ulong[]? terms = null, ulong term = 1, Func<RaftOptions, RaftOptions>? configure = null)
    {
        TestServer server = PreCandidate(voters, terms, term, configure);
        for (int i = 2; i <= (voters / 2) + 1; i++)
        {
            server.Step(PreVoteReply(i, term + 1));
        }

        Assert.Equal(RaftRole.Candidate, server.Status.Role);
        server.Flush();
        server.TakeSent();
        return server;
    }

    /// <summary>A leader of <paramref name="term"/> + 1, its first entry durable; its messages are taken.</summary>
    public static TestServer Leader(
        int voters = 3, ulong[]? terms = null, ulong term = 1, Func<RaftOptions, RaftOptions>? configure = null)
    {
        TestServer server = Candidate(voters, terms, term, configure);
        for (int i = 2; i <= (voters / 2) + 1; i++)
        {
            server.Step(VoteReply(i, term + 1));
        }

        Assert.Equal(RaftRole.Leader, server.Status.Role);
        server.Flush();
        server.TakeSent();
        return server;
    }

    public static LogEntry Entry(ulong index, ulong term) =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, new byte[] { (byte)index, (byte)term });

    public static RaftMessage PreVote(int from, ulong term, ulong index, ulong logTerm) =>
        Vote(from, term, index, logTerm) with { Kind = RaftMessageKind.PreVote };

    public static RaftMessage PreVoteReply(int from, ulong term, bool reject = false) =>
        VoteReply(from, term, reject) with { Kind = RaftMessageKind.PreVoteReply };

    public static RaftMessage Vote(int from, ulong term, ulong index, ulong logTerm) => new()
    {
        Kind = RaftMessageKind.Vote, From = TestCluster.Id(from), To = Self, Term = new Term(term),
        Index = new LogIndex(index), LogTerm = new Term(logTerm),
    };

    public static RaftMessage VoteReply(int from, ulong term, bool reject = false) => new()
    {
        Kind = RaftMessageKind.VoteReply, From = TestCluster.Id(from), To = Self, Term = new Term(term), Reject = reject,
    };

    /// <summary>An Append with entries of the given terms behind <paramref name="index"/>.</summary>
    public static RaftMessage Append(
        int from, ulong term, ulong index, ulong logTerm, ulong commit = 0, params ulong[] terms) => new()
    {
        Kind = RaftMessageKind.Append, From = TestCluster.Id(from), To = Self, Term = new Term(term),
        Index = new LogIndex(index), LogTerm = new Term(logTerm), Commit = new LogIndex(commit), AddedAt = new LogIndex(1),
        Entries = terms.Select((t, i) => Entry(index + (ulong)i + 1, t)).ToArray(),
    };

    public static RaftMessage AppendReply(int from, ulong term, ulong index) => new()
    {
        Kind = RaftMessageKind.AppendReply, From = TestCluster.Id(from), To = Self, Term = new Term(term),
        Index = new LogIndex(index), AddedAt = new LogIndex(1),
    };

    public static RaftMessage Rejection(int from, ulong term, ulong index, ulong hint, ulong hintTerm) =>
        AppendReply(from, term, index) with { Reject = true, Hint = new LogIndex(hint), LogTerm = new Term(hintTerm) };

    public static RaftMessage Heartbeat(int from, ulong term, ulong commit = 0) => new()
    {
        Kind = RaftMessageKind.Heartbeat, From = TestCluster.Id(from), To = Self, Term = new Term(term),
        Commit = new LogIndex(commit), AddedAt = new LogIndex(1),
    };

    public static RaftMessage HeartbeatReply(int from, ulong term) => new()
    {
        Kind = RaftMessageKind.HeartbeatReply, From = TestCluster.Id(from), To = Self, Term = new Term(term),
        AddedAt = new LogIndex(1),
    };

    /// <summary>The terms of a message's entries.</summary>
    public static ulong[] TermsOf(in RaftMessage message) => message.Entries.ToArray().Select(e => e.Term.Value).ToArray();
}

using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// The five properties of figure 3.2 of the dissertation, and those of votes and commits that they rest on, checked
/// against everything that ever happened in a cluster.
/// </summary>
internal sealed class SafetyChecker(TestCluster cluster)
{
    private readonly SortedDictionary<ulong, (Term Term, byte[] Payload)> _committed = [];
    private readonly SortedDictionary<ulong, ServerId> _leaders = [];
    private readonly SortedDictionary<(ServerId Voter, ulong Term), ServerId> _votes = [];
    private readonly SortedDictionary<(ulong Term, ulong Index), (Term Before, byte[] Payload)> _entries = [];
    private readonly SortedDictionary<ServerId, (TestServer Server, RaftNode Node, RaftStatus Status, int Committed)> _last = [];
    private ulong _highestCommit;

    public int LeadersElected => _leaders.Count;

    public ulong HighestCommit => _highestCommit;

    /// <summary>To be called after every event.</summary>
    public void Check()
    {
        foreach (TestServer server in cluster.Servers.Values)
        {
            RaftStatus now = server.Status;
            RaftChanges changes = server.Node.TakeChanges();
            bool isNew = !_last.TryGetValue(server.Id, out var before) || before.Node != server.Node;
            if (!isNew && changes == RaftChanges.None && before.Committed == server.Committed.Count)
            {
                Assert.Equal(before.Status.Commit, now.Commit);
                continue;
            }

            if (!isNew)
            {
                CheckDeltas(before.Status, now, changes);
            }

            CheckElectionSafety(server, now, isNew || before.Status.Role != RaftRole.Leader);
            CheckLogMatching(server, isNew || changes.HasFlag(RaftChanges.Truncated) ? LogIndex.Zero : before.Status.LastIndex);
            CheckCommits(server, now, isNew ? LogIndex.Zero : before.Status.Commit, isNew ? 0 : before.Committed);
            _last[server.Id] = (server, server.Node, now, server.Committed.Count);
        }
    }

    /// <summary>To be called with every message that leaves.</summary>
    public void CheckSent(in RaftMessage message)
    {
        if (message is { Kind: RaftMessageKind.VoteReply, Reject: false })
        {
            CheckVote(message.From, message.Term, message.To);
        }
        else if (message.Kind == RaftMessageKind.Vote)
        {
            CheckVote(message.From, message.Term, message.From);
        }
    }

    // §3.4: at most one vote for each term, over all lives of a server.
    private void CheckVote(ServerId voter, Term term, ServerId candidate)
    {
        if (!_votes.TryAdd((voter, term.Value), candidate))
        {
            Assert.True(_votes[(voter, term.Value)] == candidate, $"{voter} voted twice in term {term}");
        }
    }

    private static void CheckDeltas(in RaftStatus before, in RaftStatus now, RaftChanges changes)
    {
        Assert.True(now.Term >= before.Term && now.Commit >= before.Commit && now.Applied >= before.Applied, "never back");
        Assert.Equal(before.Term != now.Term, changes.HasFlag(RaftChanges.Term));
        Assert.Equal(before.Commit != now.Commit, changes.HasFlag(RaftChanges.Commit));
        if (before.Role != now.Role)
        {
            Assert.True(changes.HasFlag(RaftChanges.Role));
        }

        if (before.Term == now.Term && !before.Vote.IsNone)
        {
            Assert.Equal(before.Vote, now.Vote);
        }

        // Leader Append-Only: a leader never drops its own entries.
        if (before.Role == RaftRole.Leader && now.Role == RaftRole.Leader && before.Term == now.Term)
        {
            Assert.False(changes.HasFlag(RaftChanges.Truncated), "a leader truncated its log");
        }
    }

    // Election Safety and Leader Completeness.
    private void CheckElectionSafety(TestServer server, in RaftStatus now, bool isNewLeader)
    {
        if (now.Role != RaftRole.Leader)
        {
            return;
        }

        if (!_leaders.TryAdd(now.Term.Value, now.Self))
        {
            Assert.True(_leaders[now.Term.Value] == now.Self, $"two leaders in term {now.Term}");
        }

        if (!isNewLeader)
        {
            return;
        }

        foreach ((ulong index, (Term term, _)) in _committed)
        {
            if (term < now.Term && index > now.LogStart.Index.Value)
            {
                Assert.True(index <= now.LastIndex.Value && server.Node.TermAt(new LogIndex(index)) == term,
                    $"leader {now.Self} of term {now.Term} lacks committed entry {index} of term {term}");
            }
        }
    }

    // Log Matching: an index and a term determine the entry, and the term before it, hence the whole log before it.
    private void CheckLogMatching(TestServer server, LogIndex from)
    {
        for (ulong i = LogIndex.Max(from, server.Status.LogStart.Index).Value + 1; i <= server.Status.LastIndex.Value; i++)
        {
            LogEntry entry = server.Node.EntryAt(new LogIndex(i));
            Term termBefore = server.Node.TermAt(entry.Index.Previous);
            byte[] payload = entry.Payload.ToArray();
            if (_entries.TryGetValue((entry.Term.Value, i), out var known))
            {
                Assert.True(known.Before == termBefore && known.Payload.AsSpan().SequenceEqual(payload),
                    $"{server.Id} has another entry {i} of term {entry.Term}");
            }
            else
            {
                _entries.Add((entry.Term.Value, i), (termBefore, payload));
            }
        }
    }

    private void CheckCommits(TestServer server, in RaftStatus now, LogIndex from, int applied)
    {
        bool isLeader = now.Role == RaftRole.Leader;
        for (LogIndex i = LogIndex.Max(from, now.LogStart.Index).Next; i <= now.Commit; i = i.Next)
        {
            LogEntry entry = server.Node.EntryAt(i);
            if (_committed.TryAdd(i.Value, (entry.Term, entry.Payload.ToArray())))
            {
                _highestCommit = Math.Max(_highestCommit, i.Value);
            }

            Assert.True(_committed[i.Value].Term == entry.Term, $"{server.Id} commits another entry {i}");
        }

        if (isLeader && now.Commit > from)
        {
            CheckQuorumHolds(server, now);
        }

        // State Machine Safety: what is handed out is what was committed, in order.
        for (int i = applied; i < server.Committed.Count; i++)
        {
            LogEntry entry = server.Committed[i];
            Assert.Equal((ulong)i + 1, entry.Index.Value);
            Assert.True(_committed[entry.Index.Value].Term == entry.Term
                && _committed[entry.Index.Value].Payload.AsSpan().SequenceEqual(entry.Payload.Span),
                "applied what is not committed");
        }
    }

    // §3.5: committed means stored by a majority, on disks. §3.6.2: by counting, only entries of the leader's own term.
    private void CheckQuorumHolds(TestServer leader, in RaftStatus now)
    {
        Term term = leader.Node.TermAt(now.Commit);
        Assert.Equal(now.Term, term);
        LogIndex commit = now.Commit;
        ConfiguredServer[] voters = now.Configuration.Servers.ToArray().Where(s => s.Suffrage == Suffrage.Voter).ToArray();
        int holding = voters.Count(v => cluster.Servers.Values.Any(
            s => s.Id == v.Id && s.HoldsOnDisk(commit, term)));
        Assert.True(holding > voters.Length / 2, $"{leader.Id} commits {now.Commit}, on {holding} of {voters.Length} disks");
    }
}

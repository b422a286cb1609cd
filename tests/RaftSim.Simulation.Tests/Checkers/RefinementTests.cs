using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;
using static RaftSim.Simulation.Tests.Checkers.RefinementScene;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>
/// Steps of one server that no action of Raft explains: its term, vote, role, log and commit index. What it sends is in
/// <see cref="RefinementMessageTests"/>.
/// </summary>
public sealed class RefinementTests
{
    // Goal: a term comes from a message or an election, from nowhere else (dissertation §3.3).
    [Fact]
    public void A_term_that_nobody_has_sent_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Heartbeat, 5);
        ViolationException violation = Assert.Throws<ViolationException>(() => scene.Say(term: 6));
        Assert.Equal("refinement", violation.Checker);
        Assert.StartsWith("server 0 went from term 3 to 6", violation.Message, StringComparison.Ordinal);
    }

    // Goal: a pre-vote speaks of a term that may never be: no server goes to it (§9.6).
    [Fact]
    public void A_term_of_a_pre_vote_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.PreVote, 4, index: 2, logTerm: 3);
        scene.Objects("went from term 3 to 4", () => scene.Say(term: 4));
    }

    // Goal: who campaigns has asked, and heard of a majority, in its own life and term (§9.6).
    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 5)]
    public void A_candidate_that_nobody_wants_is_seen(bool asks, ulong promised)
    {
        RefinementScene scene = Follower(0, 1, 3);
        if (asks)
        {
            scene.Say(role: RaftRole.PreCandidate);
        }

        scene.Hear(RaftMessageKind.PreVoteReply, promised);
        scene.Objects("no majority has said", () => scene.Say(term: 4, role: RaftRole.Candidate, vote: "id0"));
    }

    // Goal: only the leader of the term before calls a server to campaign (§3.10).
    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 1)]
    public void A_candidate_that_somebody_else_has_called_is_seen(ulong term, int from)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Heartbeat, 3);
        scene.Hear(RaftMessageKind.TimeoutNow, term, from);
        scene.Objects("no leader of the term before", () => scene.Say(term: 4, role: RaftRole.Candidate, vote: "id0"));
    }

    // Goal: who has no vote, and that is committed, does not campaign (§4.2.2).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_candidate_without_a_vote_is_seen(bool isCalled)
    {
        RefinementScene scene = new();
        scene.Say(term: 3, configuration: Members([1, 2], 0), append: [Entry(1, 1)], commit: 1, leader: "id1");
        scene.Hear(RaftMessageKind.TimeoutNow, 3);
        scene.Objects("without a vote in configuration", () => scene.Say(
            term: isCalled ? 4UL : null,
            role: isCalled ? RaftRole.Candidate : RaftRole.PreCandidate,
            vote: isCalled ? "id0" : ""));
    }

    // Goal: a vote goes to who has asked for it in that term, and once (§3.4).
    [Fact]
    public void A_vote_that_nobody_has_asked_for_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 4, from: 1, index: 2, logTerm: 3);
        scene.Hear(RaftMessageKind.Vote, 5, from: 2, index: 2, logTerm: 3);
        scene.Objects("voted for id2 in term 4, which has not asked", () => scene.Say(term: 4, vote: "id2"));
    }

    // Goal: a vote that was given stays given, also when nobody was told of it yet (§3.4).
    [Theory]
    [InlineData("id2")]
    [InlineData("")]
    [InlineData("id0")]
    public void A_vote_that_changes_is_seen(string vote)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 4, from: 1, index: 2, logTerm: 3);
        scene.Say(term: 4, vote: "id1");
        scene.Hear(RaftMessageKind.Vote, 4, from: 2, index: 2, logTerm: 3);
        scene.Objects("where it had one for id1", () => scene.Say(vote: vote));
    }

    // Goal: nobody votes for a candidate whose log is older: by its last term, then by its length (§3.6.1).
    [Theory]
    [InlineData(9, 2)]
    [InlineData(1, 3)]
    public void A_vote_for_an_older_log_is_seen(ulong index, ulong logTerm)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 4, index: index, logTerm: logTerm);
        scene.Objects("but its own at 2 with term 3", () => scene.Say(term: 4, vote: "id1"));
    }

    // Goal: roles follow each other as figure 3.3 has it: nobody leads who was no candidate of that very term.
    [Theory]
    [InlineData(RaftRole.Leader)]
    [InlineData(RaftRole.Candidate)]
    public void A_role_that_was_left_out_is_seen(RaftRole role)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Objects("but was Follower in term 3", () => scene.Say(role: role));
    }

    // Goal: a candidate gives up for a newer term or the leader of its own, a leader asks for no pre-votes.
    [Fact]
    public void A_candidate_that_follows_nobody_is_seen()
    {
        RefinementScene scene = Candidate(1, 3);
        scene.Hear(RaftMessageKind.Heartbeat, 3);
        scene.Objects("no leader of that term has spoken", () => scene.Say(role: RaftRole.Follower));
        RefinementScene other = Leader(1, 3);
        other.Objects("asks for pre-votes", () => other.Say(role: RaftRole.PreCandidate));
    }

    // Goal: who leads is learnt from the leader (§3.5).
    [Fact]
    public void A_leader_that_has_not_spoken_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Heartbeat, 3, from: 1);
        scene.Objects("follows id2 in term 3", () => scene.Say(leader: "id2"));
    }

    // Goal: what a follower appends is what a leader has sent, in all its parts (§3.5).
    [Theory]
    [InlineData(3, 3, "other")]
    [InlineData(3, 2, "")]
    [InlineData(4, 3, "")]
    public void An_entry_that_no_leader_has_sent_is_seen(ulong index, ulong term, string text)
    {
        RefinementScene scene = Follower(0, 1, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 2, logTerm: 2, entries: [Entry(3, 3)]);
        LogEntry[] added = index == 3 ? [Entry(3, term, text)] : [Entry(3, 3), Entry(index, term, text)];
        scene.Objects("which no leader has sent", () => scene.Say(append: added));
    }

    // Goal: entries go only where a leader has sent others for their place: not because an Append ends before them (§3.5).
    [Fact]
    public void A_log_that_is_cut_without_a_conflict_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 2, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 0, entries: [Entry(1, 1), Entry(2, 2)]);
        scene.Objects("dropped its log from index 3 on", () => scene.Say(truncateFrom: 3));
    }

    // Goal: a leader appends entries of its own term, beginning with a no-op (§3.5, §6.4).
    [Fact]
    public void A_leader_that_appends_something_else_is_seen()
    {
        RefinementScene first = Candidate(1, 3);
        first.Objects("kind Command", () => first.Say(role: RaftRole.Leader, append: [Entry(3, 4)]));
        RefinementScene scene = Leader(1, 3);
        scene.Objects("an entry of term 3", () => scene.Say(append: [Entry(4, 3)]));
    }

    // Goal: the leader that is elected has the log of the candidate that it was, and so has the candidate.
    [Fact]
    public void A_candidate_whose_log_changes_is_seen()
    {
        RefinementScene scene = Candidate(1, 3);
        scene.Objects("dropped its log from index 2 on", () => scene.Say(role: RaftRole.Leader, truncateFrom: 2));
    }

    // Goal: a change of the configuration waits for a commit of the leader's own term (§4.1 as amended).
    [Fact]
    public void A_change_before_the_first_commit_of_the_term_is_seen()
    {
        RefinementScene scene = Leader(1, 3);
        LogEntry change = First(4, 4) with { Kind = EntryKind.Configuration };
        scene.Objects("changes the configuration at index 4", () => scene.Say(append: [change]));
        RefinementScene other = Leader(1, 3);
        other.Say(commit: 3);
        other.Say(append: [change]);
    }

    // Goal: a follower takes for committed what its leader has said and what it has of it, whichever is less (figure 3.1).
    [Theory]
    [InlineData(3, 3, 5)]
    [InlineData(9, 4, 5)]
    public void A_follower_that_commits_too_much_is_seen(ulong told, ulong allowed, ulong commit)
    {
        RefinementScene scene = Follower(0, 1, 2, 2, 2, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 3, logTerm: 2, commit: told, entries: [Entry(4, 2)]);
        scene.Objects($"may do so up to {allowed}", () => scene.Say(commit: commit));
    }

    // Goal: a heartbeat commits no entry that this leader has not been told of.
    [Fact]
    public void A_follower_that_commits_by_a_heartbeat_what_may_differ_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 2, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 2, logTerm: 2);
        scene.Hear(RaftMessageKind.Heartbeat, 3, commit: 3);
        scene.Objects("takes index 3 of term 2 for committed", () => scene.Say(commit: 3));
    }

    // Goal: a leader commits by an entry of its own term (§3.6.2).
    [Fact]
    public void A_leader_that_commits_by_an_older_entry_is_seen()
    {
        RefinementScene scene = Leader(1, 3);
        scene.Objects("takes index 2 of term 3 for committed", () => scene.Say(commit: 2));
    }

    // Goal: a snapshot takes the place of a log only when a leader has offered it (§5.2).
    [Fact]
    public void A_snapshot_that_nobody_has_offered_is_seen()
    {
        RefinementScene scene = Follower(1, 1, 2);
        scene.Hear(RaftMessageKind.Snapshot, 3, index: 4, logTerm: 3);
        LogEntry[] log = [Entry(2, 3), Entry(3, 3)];
        scene.Objects("which no leader has offered", () => scene.Say(
            truncateFrom: 2, append: log, commit: 3, snapshot: new(new LogIndex(3), new Term(3))));
    }

    // Goal: a server comes back with a term that it can have had, and not with another vote than it had (§3.4).
    [Fact]
    public void A_server_that_comes_back_as_another_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 4, index: 2, logTerm: 3);
        scene.Say(term: 4, vote: "id1");
        scene.Restart();
        scene.Objects("starts in term 4 with a vote for id2", () => scene.Say(term: 4, vote: "id2"));
        scene.Restart();
        scene.Objects("starts in term 6", () => scene.Say(term: 6));
    }

    // Goal: no false alarm: what arrives while a server starts, it may take in the step in which it has started (seed 30002355).
    [Fact]
    public void What_arrives_while_a_server_starts_is_taken()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Restart();
        scene.Hear(RaftMessageKind.Append, 3, index: 2, logTerm: 3, entries: [Entry(3, 3)]);
        scene.Say(term: 3, durable: 2, append: [Entry(3, 3)]);
        scene.Say(durable: 3);
        scene.Send(RaftMessageKind.AppendReply, 3, index: 3);
        scene.Hear(RaftMessageKind.Heartbeat, 3);
    }

    // Goal: no false alarm: what one leader has sent and said is committed counts, also when the next one, in the same step, has
    // cut off the end of it (seed 40006028); but no further than that.
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void What_is_committed_in_the_step_in_which_the_end_is_cut_is_fine(ulong commit, bool isTooFar)
    {
        RefinementScene scene = Follower(1, 1, 3);
        scene.Hear(RaftMessageKind.Append, 4, index: 2, logTerm: 3, commit: 3, entries: [Entry(3, 3), First(4, 4), Entry(5, 4)]);
        scene.Hear(RaftMessageKind.Append, 5, from: 2, index: 3, logTerm: 3, commit: 1, entries: [First(4, 5)]);
        Action step = () => scene.Say(term: 5, append: [Entry(3, 3), First(4, 5)], commit: commit, leader: "id2");
        if (isTooFar)
        {
            scene.Objects("takes index 4 of term 5 for committed, but may do so up to 3", step);
        }
        else
        {
            step();
        }
    }

    // Goal: no false alarm: the same where all of what the one leader had sent, and the place behind which it was, is cut off
    // (seed 80039156); but nothing of the later leader is committed by it.
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void What_is_committed_in_the_step_in_which_all_that_was_sent_is_cut_is_fine(ulong commit, bool isTooFar)
    {
        RefinementScene scene = Follower(1, 1, 2, 2, 3);
        scene.Hear(RaftMessageKind.Append, 4, index: 4, logTerm: 3, commit: 4, entries: [First(5, 4)]);
        scene.Hear(RaftMessageKind.Append, 5, from: 2, index: 2, logTerm: 2, commit: 1, entries: [Entry(3, 2), First(4, 5)]);
        Action step = () => scene.Say(term: 5, truncateFrom: 4, append: [First(4, 5)], commit: commit, leader: "id2");
        if (isTooFar)
        {
            scene.Objects("takes index 4 of term 5 for committed, but may do so up to 3", step);
        }
        else
        {
            step();
        }
    }

    // Goal: no false alarm: where more came at once than is kept, the server may know its log to match (seed 50008208).
    [Fact]
    public void What_had_no_room_may_have_told_how_far_the_logs_match()
    {
        RefinementScene scene = Follower(0, 1, 3);
        for (int i = 0; i < 300; i++)
        {
            scene.Hear(RaftMessageKind.Append, 3, index: 2, logTerm: 3, entries: [Entry(3, 3)]);
        }

        scene.Hear(RaftMessageKind.Append, 3, index: 3, logTerm: 3, entries: [Entry(4, 3)]);
        scene.Say(durable: 2, append: [Entry(3, 3), Entry(4, 3)]);
        scene.Say(durable: 4);
        scene.Send(RaftMessageKind.AppendReply, 3, index: 4);
        scene.Say(commit: 0);
        scene.Hear(RaftMessageKind.Heartbeat, 3);
    }

    // Goal: no false alarm: a follower that is led, diverges, is cut, takes a snapshot, restarts, is called and leads.
    [Fact]
    public void A_life_by_the_rules_is_fine()
    {
        RefinementScene scene = Follower(1, 1, 2, 2);
        scene.Hear(RaftMessageKind.Vote, 4, from: 2, index: 2, logTerm: 3);
        scene.Say(term: 4, vote: "id2");
        scene.Send(RaftMessageKind.VoteReply, 4, to: 2);
        scene.Hear(RaftMessageKind.Append, 4, from: 2, index: 1, logTerm: 1, commit: 1, entries: [Entry(2, 3), First(3, 4)]);
        scene.Say(durable: 1, truncateFrom: 2, append: [Entry(2, 3), First(3, 4)], leader: "id2");
        scene.Say(durable: 3, leader: "id2");
        scene.Send(RaftMessageKind.AppendReply, 4, to: 2, index: 3);
        scene.Hear(RaftMessageKind.Heartbeat, 4, from: 2, commit: 3);
        scene.Say(commit: 3, leader: "id2");
        scene.Hear(RaftMessageKind.Snapshot, 4, from: 2, index: 5, logTerm: 4);
        scene.Say(append: [Entry(4, 4), Entry(5, 4)], commit: 5, leader: "id2", snapshot: new(new LogIndex(5), new Term(4)));
        scene.Send(RaftMessageKind.AppendReply, 4, to: 2, index: 5);
        scene.Restart();
        scene.Say(term: 4, configuration: Members([0, 1, 2]), commit: 5, vote: "id2");
        scene.Hear(RaftMessageKind.Heartbeat, 4, from: 2, commit: 5);
        scene.Hear(RaftMessageKind.TimeoutNow, 4, from: 2);
        scene.Say(term: 5, role: RaftRole.Candidate, vote: "id0");
        scene.Send(RaftMessageKind.Vote, 5, index: 5, logTerm: 4, isTransfer: true);
        scene.Hear(RaftMessageKind.VoteReply, 5);
        scene.Send(RaftMessageKind.Append, 5, index: 5, logTerm: 4, commit: 5, entries: [First(6, 5)]);
        scene.Say(role: RaftRole.Leader, append: [First(6, 5)], leader: "id0");
        scene.Hear(RaftMessageKind.AppendReply, 5, index: 6);
        scene.Send(RaftMessageKind.Append, 5, to: 2, index: 6, logTerm: 5, commit: 6);
        scene.Say(commit: 6, leader: "id0");
        scene.Send(RaftMessageKind.Heartbeat, 5, commit: 6);
        scene.Send(RaftMessageKind.TimeoutNow, 5);
        scene.Hear(RaftMessageKind.Vote, 6, index: 6, logTerm: 5);
        scene.Say(term: 6, role: RaftRole.Follower, vote: "id1");
    }
}

using RaftSim.Raft;
using static RaftSim.Simulation.Tests.Checkers.Forge;
using static RaftSim.Simulation.Tests.Checkers.RefinementScene;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Messages that no action of Raft sends from where the server is.</summary>
public sealed class RefinementMessageTests
{
    // Goal: a message carries the sender's term, which was durable before; pre-votes the one to come (§3.3, §9.6).
    [Theory]
    [InlineData(RaftMessageKind.HeartbeatReply, 4)]
    [InlineData(RaftMessageKind.HeartbeatReply, 2)]
    [InlineData(RaftMessageKind.PreVote, 3)]
    [InlineData(RaftMessageKind.PreVoteReply, 3)]
    public void A_message_of_another_term_is_seen(RaftMessageKind kind, ulong term)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 4, index: 2, logTerm: 3);
        scene.Objects($"of term {term}, but was in term 3", () => scene.Send(kind, term, index: 2, logTerm: 3));
    }

    // Goal: a candidate tells the end of the log that it has (§3.6.1).
    [Theory]
    [InlineData(3, 3)]
    [InlineData(2, 4)]
    public void A_candidate_that_tells_of_another_log_is_seen(ulong index, ulong logTerm)
    {
        RefinementScene scene = Candidate(1, 3);
        scene.Objects("asks for votes in term 4", () => scene.Send(RaftMessageKind.Vote, 4, index: index, logTerm: logTerm));
    }

    // Goal: the same of pre-votes (§9.6): seen when the next step begins.
    [Fact]
    public void A_pre_candidate_that_tells_of_another_log_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Send(RaftMessageKind.PreVote, 4, index: 3, logTerm: 3);
        scene.Objects("asks for pre-votes in term 3", () => scene.Say(role: RaftRole.PreCandidate));
        RefinementScene other = Follower(0, 1, 3);
        other.Send(RaftMessageKind.PreVote, 4, index: 3, logTerm: 3);
        other.Objects("asks for pre-votes in term 3", () => other.Hear(RaftMessageKind.Heartbeat, 3));
    }

    // Goal: a request that waits until the term is on the disk tells of the log as it was when it was made, also when it was made
    // anew for a newer term, and whatever has become of the log since (seed 90074628).
    [Fact]
    public void A_pre_vote_that_waited_for_the_disk_tells_of_the_log_that_was()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Say(role: RaftRole.PreCandidate);
        scene.Hear(RaftMessageKind.Vote, 4, index: 1, logTerm: 1);
        scene.Say(term: 4);
        scene.Hear(RaftMessageKind.Append, 4, index: 1, logTerm: 1, entries: [First(2, 4), Entry(3, 4)]);
        scene.Say(role: RaftRole.Follower, truncateFrom: 2, append: [First(2, 4), Entry(3, 4)], leader: "id1");
        scene.Send(RaftMessageKind.PreVote, 5, index: 2, logTerm: 3);
        scene.Hear(RaftMessageKind.Heartbeat, 4);
        scene.Send(RaftMessageKind.PreVote, 5, index: 1, logTerm: 1);
        scene.Objects("asks for pre-votes in term 4", () => scene.Hear(RaftMessageKind.Heartbeat, 4));
    }

    // Goal: an election that others must not refuse is one that the leader has asked for, and the other way round (§4.2.3).
    [Fact]
    public void A_transfer_that_nobody_has_asked_for_is_seen()
    {
        RefinementScene scene = Candidate(1, 3);
        scene.Objects("but it has not", () => scene.Send(RaftMessageKind.Vote, 4, index: 2, logTerm: 3, isTransfer: true));
        RefinementScene called = Follower(0, 1, 3);
        called.Hear(RaftMessageKind.Heartbeat, 3);
        called.Hear(RaftMessageKind.TimeoutNow, 3);
        called.Say(term: 4, role: RaftRole.Candidate, vote: "id0");
        called.Objects("as if nobody had asked", () => called.Send(RaftMessageKind.Vote, 4, index: 2, logTerm: 3));
    }

    // Goal: a vote is told when it was given, in a step before, so that it can be durable (§3.4, figure 3.1).
    [Fact]
    public void A_vote_that_was_not_given_before_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Hear(RaftMessageKind.Vote, 3, index: 2, logTerm: 3);
        scene.Objects("had given it to nobody", () => scene.Send(RaftMessageKind.VoteReply, 3));
    }

    // Goal: acknowledged is what this leader has sent, and what is durable, whichever is less (§3.5).
    [Theory]
    [InlineData(5, 4)]
    [InlineData(4, 3)]
    public void An_acknowledgement_of_too_much_is_seen(ulong index, ulong durable)
    {
        RefinementScene scene = Follower(0, 1, 2, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 3, logTerm: 2, entries: [Entry(4, 3)]);
        scene.Say(durable: durable, append: [Entry(4, 3)]);
        scene.Send(RaftMessageKind.AppendReply, 3, index: index);
        scene.Objects($"acknowledges index {index}", () => scene.Hear(RaftMessageKind.Heartbeat, 3));
    }

    // Goal: entries behind the end of an Append may differ from the leader's: they are not acknowledged (figure 3.1).
    [Fact]
    public void An_acknowledgement_of_what_lies_behind_an_append_is_seen()
    {
        RefinementScene scene = Follower(0, 1, 2, 2);
        scene.Hear(RaftMessageKind.Append, 3, index: 1, logTerm: 1, entries: [Entry(2, 2)]);
        scene.Send(RaftMessageKind.AppendReply, 3, index: 3);
        scene.Objects("known to match the leader's up to 2", () => scene.Hear(RaftMessageKind.Heartbeat, 3));
    }

    // Goal: only a leader speaks as one; a candidate that does is one at the end of the step.
    [Theory]
    [InlineData(RaftMessageKind.Append)]
    [InlineData(RaftMessageKind.Heartbeat)]
    [InlineData(RaftMessageKind.Snapshot)]
    [InlineData(RaftMessageKind.TimeoutNow)]
    public void A_leader_s_message_of_another_is_seen(RaftMessageKind kind)
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.Objects("which it does not lead", () => scene.Send(kind, 3));
        RefinementScene candidate = Candidate(1, 3);
        candidate.Send(kind, 4);
        candidate.Objects("speaks as its leader", () => candidate.Hear(RaftMessageKind.VoteReply, 4));
    }

    // Goal: an Append carries what is in the leader's log, behind the entry that stands before it there (§3.5).
    [Theory]
    [InlineData(1, 3, 3)]
    [InlineData(1, 1, 2)]
    [InlineData(2, 3, 3)]
    public void An_append_of_something_else_is_seen(ulong previous, ulong previousTerm, ulong term)
    {
        RefinementScene scene = Leader(1, 3);
        LogEntry[] entries = [Entry(previous + 1, term)];
        scene.Objects($"sends entries behind index {previous}", () => scene.Send(
            RaftMessageKind.Append, 4, index: previous, logTerm: previousTerm, entries: entries));
    }

    // Goal: entries that a leader appends in the step in which it sends them are held against its log behind the step.
    [Fact]
    public void An_append_of_what_was_never_appended_is_seen()
    {
        RefinementScene scene = Leader(1, 3);
        scene.Send(RaftMessageKind.Append, 4, index: 3, logTerm: 4, entries: [Entry(4, 4)]);
        scene.Send(RaftMessageKind.Append, 4, to: 2, index: 3, logTerm: 4, entries: [Entry(4, 4, "other")]);
        scene.Objects("sends entries behind index 3", () => scene.Say(append: [Entry(4, 4)]));
    }

    // Goal: a leader tells others no commit that it does not know itself; of a snapshot that is its end (§3.5, §5.3).
    [Theory]
    [InlineData(RaftMessageKind.Append)]
    [InlineData(RaftMessageKind.Snapshot)]
    public void A_commit_that_the_leader_does_not_know_is_seen(RaftMessageKind kind)
    {
        RefinementScene scene = Leader(1, 3);
        scene.Send(kind, 4, index: 2, logTerm: 3, commit: 2);
        scene.Objects("tells others that index 2 is committed", () => scene.Hear(RaftMessageKind.AppendReply, 4));
    }

    // Goal: a heartbeat tells no commit beyond what its receiver is known to have, by what it said in this term.
    [Fact]
    public void A_heartbeat_that_tells_too_much_is_seen()
    {
        RefinementScene scene = Leader(1, 3);
        scene.Hear(RaftMessageKind.AppendReply, 4, from: 1, index: 3);
        scene.Hear(RaftMessageKind.AppendReply, 4, from: 2, index: 2);
        scene.Hear(RaftMessageKind.AppendReply, 3, from: 2, index: 3);
        scene.Say(commit: 3);
        scene.Send(RaftMessageKind.Heartbeat, 4, to: 1, commit: 3);
        scene.Objects("its log matches up to 2", () => scene.Send(RaftMessageKind.Heartbeat, 4, to: 2, commit: 3));
    }

    // Goal: a leader that goes on calls only a server with its whole log (§3.10); one that goes calls the best.
    [Fact]
    public void A_call_for_a_server_that_lacks_entries_is_seen()
    {
        RefinementScene scene = Leader(1, 3);
        scene.Hear(RaftMessageKind.AppendReply, 4, index: 2);
        scene.Send(RaftMessageKind.TimeoutNow, 4);
        scene.Objects("tells id1 to campaign", () => scene.Hear(RaftMessageKind.HeartbeatReply, 4));
        RefinementScene leaving = Leader(1, 3);
        leaving.Send(RaftMessageKind.TimeoutNow, 4);
        leaving.Say(role: RaftRole.Follower);
    }

    // Goal: a message for the server's former self, with another disk, explains nothing.
    [Fact]
    public void A_message_for_another_disk_explains_nothing()
    {
        RefinementScene scene = Follower(0, 1, 3);
        scene.HearForAnotherDisk(RaftMessageKind.Heartbeat, 5);
        scene.Objects("went from term 3 to 5", () => scene.Say(term: 5));
    }

    // Goal: what there is no room to keep is not objected to.
    [Fact]
    public void More_than_there_is_room_for_is_not_objected_to()
    {
        RefinementScene scene = Follower(0, 1, 3);
        for (ulong term = 10; term < 40; term++)
        {
            scene.Hear(RaftMessageKind.Heartbeat, term);
        }

        scene.Say(term: 39);
        scene.Objects("went from term 39 to 41", () => scene.Say(term: 41));
    }
}

using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Tests.Checkers;
using static RaftSim.Simulation.Tests.States.WatchRig;

namespace RaftSim.Simulation.Tests.States;

/// <summary>States of elections, leaders and transfers, each from what servers say, and not from less.</summary>
public sealed class ElectionStateTests
{
    private readonly WatchRig _rig = new();

    // Goal: a split vote is one when the term is over without a leader, and not while it may still be won.
    [Fact]
    public void Votes_are_split_when_a_later_term_is_won()
    {
        _rig.Say(0, term: 2, role: RaftRole.Candidate);
        _rig.Say(1, term: 2, role: RaftRole.Candidate);
        Assert.False(_rig.Has(SimState.SplitVote));
        _rig.Lead(2, 3);
        Assert.True(_rig.Has(SimState.SplitVote));
        Assert.True(_rig.Has(SimState.WonAfterSplitVote));
    }

    // Goal: of two candidates one may win: then nothing was split, also not later.
    [Fact]
    public void Votes_are_not_split_when_the_term_is_won()
    {
        _rig.Say(0, term: 2, role: RaftRole.Candidate);
        _rig.Lead(1, 2);
        _rig.Say(0, role: RaftRole.Follower);
        _rig.Lead(2, 3);
        Assert.False(_rig.Has(SimState.SplitVote));
    }

    // Goal: why a leader of a term steps down in it can be told apart: no quorum, or a slow disk of its own.
    [Theory]
    [InlineData(2, SimState.LeaderLosesQuorum)]
    [InlineData(1, SimState.LeaderYieldsToFasterDisks)]
    public void Leaders_step_down_for_different_reasons(ulong durable, SimState expected)
    {
        SimState other = expected == SimState.LeaderLosesQuorum
            ? SimState.LeaderYieldsToFasterDisks
            : SimState.LeaderLosesQuorum;
        _rig.Lead(0, 2);
        _rig.Append(0, 2, 2);
        _rig.Say(0, durable: durable, commit: 2);
        _rig.Say(0, role: RaftRole.Follower, durable: durable);
        Assert.True(_rig.Has(expected));
        Assert.False(_rig.Has(other));
    }

    // Goal: a leader that a newer term deposes has not lost its quorum.
    [Fact]
    public void A_newer_term_is_not_a_lost_quorum()
    {
        _rig.Lead(0, 2);
        _rig.Say(0, term: 3, role: RaftRole.Follower);
        Assert.False(_rig.Has(SimState.LeaderLosesQuorum));
    }

    // Goal: a leader that nobody has deposed yet, and a new one, are two at once.
    [Fact]
    public void Two_lead_at_once_until_the_first_one_knows()
    {
        _rig.Lead(0, 2);
        _rig.Say(0, term: 3, role: RaftRole.Follower);
        _rig.Lead(1, 3);
        Assert.False(_rig.Has(SimState.TwoLeaders));
        _rig.Lead(2, 4);
        Assert.True(_rig.Has(SimState.TwoLeaders));
    }

    // Goal: time without a leader counts from when the last one stops, until the next is elected.
    [Fact]
    public void Time_without_a_leader_counts()
    {
        _rig.Lead(0, 2);
        _rig.Now += Duration.Seconds(100);
        _rig.Stop(0);
        _rig.Now += Duration.Seconds(29);
        _rig.Lead(1, 3);
        Assert.False(_rig.Has(SimState.ThirtySecondsUnled));
        _rig.Say(1, role: RaftRole.Follower);
        _rig.Now += Duration.Seconds(30);
        _rig.Lead(1, 4);
        Assert.True(_rig.Has(SimState.ThirtySecondsUnled));
    }

    // Goal: who voted for another one and stopped before its answer left is seen, and nobody else.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_stops_between_its_vote_and_its_answer(bool hasAnswered)
    {
        _rig.Say(0, term: 2, vote: "id1");
        if (hasAnswered)
        {
            _rig.Send(0, ServerMessage.Of(Message(RaftMessageKind.VoteReply, 2)));
        }

        _rig.Stop(0);
        Assert.Equal(!hasAnswered, _rig.Has(SimState.CrashAfterVote));
    }

    // Goal: requests for votes are told apart by what the one who is asked has and has done.
    [Fact]
    public void Requests_for_votes_are_told_apart()
    {
        _rig.Append(0, 1, 5);
        _rig.Say(0, term: 2, vote: "id1");
        _rig.Receive(0, Message(RaftMessageKind.Vote, 2) with { Index = new(5), LogTerm = new(1) });
        Assert.True(_rig.Has(SimState.VoteAskedTwice));
        Assert.False(_rig.Has(SimState.VoteTaken));
        Assert.False(_rig.Has(SimState.VoteWithShortLog));
        _rig.Receive(0, Message(RaftMessageKind.Vote, 2) with { From = Id(2), Index = new(4), LogTerm = new(1) });
        Assert.True(_rig.Has(SimState.VoteTaken));
        Assert.True(_rig.Has(SimState.VoteWithShortLog));
    }

    // Goal: a transfer that is given up, and one that is begun to a server that is behind or down.
    [Fact]
    public void Transfers_are_watched()
    {
        _rig.Lead(0, 2);
        _rig.Append(0, 2, 2);
        Transfer(Id(1));
        Assert.True(_rig.Has(SimState.TransferToBehind));
        Assert.False(_rig.Has(SimState.TransferToDown));
        Assert.False(_rig.Has(SimState.TransferGivenUp));
        _rig.Ask(0, Command("meanwhile"));
        Assert.True(_rig.Has(SimState.AskedDuringTransfer));
        Transfer(default);
        Assert.True(_rig.Has(SimState.TransferGivenUp));
        _rig.Stop(2);
        Transfer(Id(2));
        Assert.True(_rig.Has(SimState.TransferToDown));
        _rig.Stop(0);
        Assert.True(_rig.Has(SimState.TransferStops));
    }

    private void Transfer(ServerId target)
    {
        ServerObservation said = _rig.Of(0).Say();
        _rig.Say(Forge.Otherwise(said, said.Now with { TransferTarget = target }, changes: RaftChanges.Transfer));
    }

    private static RaftMessage Message(RaftMessageKind kind, ulong term) =>
        new() { Kind = kind, From = Id(1), To = Id(0), Term = new Term(term) };
}

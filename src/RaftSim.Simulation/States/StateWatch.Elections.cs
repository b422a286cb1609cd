using RaftSim.Raft;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.States;

// Who campaigns, who is elected and what becomes of leaders.
internal sealed partial class StateWatch
{
    private const ulong ManyTerms = 5;
    private const ulong OpenEndMin = 10;
    private static readonly Duration _unledLong = Duration.Seconds(30);

    // The latest term in which anybody asked for votes, how many did, and the last one that was split.
    private Term _asked;
    private int _candidates;
    private Term _split;

    // The latest term that was led, by whom, since when, and since when nobody leads.
    private Term _led;
    private int _leader = -1;
    private Duration _ledSince;
    private Duration? _firstLedAt;
    private Duration _unledSince;
    private int _leaders;

    private void LookAtElection(Seat seat, in ServerObservation seen)
    {
        RaftRole before = seen.Before.Role;
        RaftRole role = seen.Now.Role;
        bool isSameTerm = seen.Before.Term == seen.Now.Term;
        bool campaigns = role is RaftRole.PreCandidate or RaftRole.Candidate;
        if (campaigns && before != role)
        {
            Mark(SimState.CampaignWithoutVote, !seen.Now.Configuration.IsVoter(seen.Now.Self));
        }

        if (role == RaftRole.Candidate && (before != role || !isSameTerm))
        {
            AsksForVotes(seen.Now.Term);
        }

        if (seen.BecameLeader)
        {
            Elected(seat, seen);
        }
        else if (before == RaftRole.Leader && role != RaftRole.Leader)
        {
            StepsDown(seat, seen, isSameTerm);
        }

        if (role == RaftRole.Follower && isSameTerm && !seen.Now.Leader.IsNone)
        {
            Mark(SimState.CandidateFollows, before == RaftRole.Candidate);
            Mark(SimState.PreCandidateFollows, before == RaftRole.PreCandidate);
        }
    }

    private void AsksForVotes(Term term)
    {
        if (term > _asked)
        {
            _asked = term;
            _candidates = 0;
        }

        _candidates += term == _asked ? 1 : 0;
        Mark(SimState.ThreeCandidates, _candidates >= 3);
        if (_candidates >= 2 && _led < _asked)
        {
            _split = _asked;
        }
    }

    private void Elected(Seat seat, in ServerObservation seen)
    {
        Term term = seen.Now.Term;

        // A term whose votes were split is over without a leader once a later one has got one.
        Mark(SimState.SplitVote, _split > _led && _split < term);
        Mark(SimState.WonAfterSplitVote, _split > _led && _split.Next == term);
        Mark(SimState.FiveTermsUnled, term.Value > _led.Value + ManyTerms);
        Duration unled = _leaders == 0 ? now() - _unledSince : Duration.Zero;
        Mark(SimState.ThirtySecondsUnled, unled >= _unledLong);
        Mark(SimState.LeaderAgain, _leader == seen.Server);
        Mark(SimState.LeaderAgainAfterRestart, _leader == seen.Server && seat.LedIn != seen.Incarnation);
        Mark(SimState.ElectedWithOpenEnd, seen.Now.LastIndex.Value > seen.Now.Commit.Value + OpenEndMin);
        foreach (Seat other in _seats)
        {
            Mark(SimState.ElectedWithShorterLog, other != seat && other.IsUp && other.LastIndex >= seen.Now.LastIndex);
            Mark(SimState.TransferTargetElected, other.Leads && other.TransferTarget == seen.Now.Self);
        }

        _leaders++;
        Mark(SimState.TwoLeaders, _leaders >= 2);
        (seat.Led, seat.LedIn, seat.LedFrom) = (term, seen.Incarnation, now());
        if (term > _led)
        {
            (_led, _leader, _ledSince) = (term, seen.Server, now());
            _firstLedAt ??= now();
        }
    }

    private void StepsDown(Seat seat, in ServerObservation seen, bool isSameTerm)
    {
        LeadsNoMore(seat);
        if (!isSameTerm)
        {
            // Deposed by a newer one, as happens to most.
            return;
        }

        if (seen.Now.ConfigurationIndex <= seen.Now.Commit && !seen.Now.Configuration.IsVoter(seen.Now.Self))
        {
            Mark(SimState.LeaderRemovesItself);
        }
        else
        {
            bool lags = seen.Now.DurableIndex < seen.Now.Commit;
            Mark(lags ? SimState.LeaderYieldsToFasterDisks : SimState.LeaderLosesQuorum);
        }
    }

    private void LeadsNoMore(Seat seat)
    {
        seat.LedTo = now();
        _leaders--;
        _unledSince = _leaders == 0 ? now() : _unledSince;
    }

    private void CampaignStops(Seat seat)
    {
        Mark(SimState.CandidateStops, seat.Role == RaftRole.Candidate);
        bool hasVoted = !seat.Vote.IsNone && seat.Vote != seat.Self;
        Mark(SimState.CrashAfterVote, hasVoted && seat.VoteTold < seat.Term);
        if (seat.Role == RaftRole.Leader)
        {
            LeadsNoMore(seat);
            Mark(SimState.LeaderStopsUnready, seat.Log.TermAt(LogIndex.Min(seat.Commit, seat.Log.LastIndex)) < seat.Term);
            Mark(SimState.LeaderStopsWithOpenEnd, seat.LastIndex > seat.Commit);
            Mark(SimState.TransferStops, !seat.TransferTarget.IsNone);
        }
    }

    private void LookAtTransfer(Seat seat, in ServerObservation seen)
    {
        ServerId target = seen.Now.TransferTarget;
        bool leadsOn = seen.Now.Role == RaftRole.Leader && seen.Before.Term == seen.Now.Term;
        Mark(SimState.TransferGivenUp, leadsOn && target.IsNone);
        if (!target.IsNone && Find(target) is { } chosen && chosen != seat)
        {
            Mark(SimState.TransferToDown, !chosen.IsUp);
            Mark(SimState.TransferToBehind, chosen.LastIndex < seen.Now.LastIndex);
        }
    }
}

using RaftSim.Raft;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.States;

// What becomes of the ends of logs, and what is committed.
internal sealed partial class StateWatch
{
    private const ulong Many = 100;
    private const ulong Some = 10;

    // Entries are gone, or others are in their place.
    private void EndLost(Seat seat, in ServerObservation seen)
    {
        if (seen.Now.LogStart.Index >= seen.ChangedFrom)
        {
            Mark(SimState.SnapshotOverOther);
            return;
        }

        ulong lost = seat.LastIndex - seen.ChangedFrom + 1;
        Mark(SimState.TailOfTenLost, lost >= Some);
        Mark(SimState.TailOfHundredLost, lost >= Many);
        Mark(SimState.OwnEntriesLost, seat.LastTerm == seat.Led);
        Mark(SimState.ConfigurationLost, seat.ConfigurationIndex >= seen.ChangedFrom);
        Mark(SimState.EverythingOpenLost, lost >= 2 && seen.ChangedFrom == seat.Commit.Next);
    }

    private void LookAtAppended(Seat seat, in ServerObservation seen)
    {
        Mark(SimState.OldLeaderAppends, seen.Now.Role == RaftRole.Leader && seen.Now.Term < _led
            && seen.Now.LastIndex > seat.LastIndex);
    }

    private void LookAtCommit(Seat seat, in ServerObservation seen)
    {
        LogIndex commit = seen.Now.Commit;
        Mark(SimState.HundredCommitted, commit - seat.Commit >= Many);
        bool leads = seen.Now.Role == RaftRole.Leader;
        if (commit > seen.Now.DurableIndex)
        {
            Mark(leads ? SimState.LeaderDiskBehindCommit : SimState.FollowerDiskBehindCommit);
        }

        if (!leads)
        {
            return;
        }

        // The very first entry is of a term that nobody led.
        Term first = seen.Log.TermAt(seat.Commit.Next);
        if (first < seen.Now.Term && seat.Commit > LogIndex.Zero)
        {
            Mark(SimState.EarlierTermCommitted);
            Mark(SimState.ThreeTermsCommitted, HasTermBetween(seen.Log, seat.Commit.Next, commit));
        }
    }

    // Whether entries from one place to another are of three terms or more.
    private static bool HasTermBetween(ReplicaLog log, LogIndex from, LogIndex to)
    {
        Term first = log.TermAt(from);
        Term last = log.TermAt(to);
        for (LogIndex index = from.Next; index < to; index = index.Next)
        {
            Term term = log.TermAt(index);
            if (term > first && term < last)
            {
                return true;
            }
        }

        return false;
    }
}

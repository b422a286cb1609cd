using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using RaftSim.Storage;

namespace RaftSim.Simulation.States;

// Who stops, what is left of it when it starts again, and what its disk does.
internal sealed partial class StateWatch
{
    private const int ManyLives = 10;
    private static readonly Duration _downLong = Duration.Seconds(5);

    // How many servers that have been up are down, and since when those that are up are no majority.
    private int _down;
    private Duration _lostAt;

    private bool HasMajority => servers - _down > servers / 2;

    /// <inheritdoc/>
    public void Stopped(int server)
    {
        Seat seat = _seats[server];
        Mark(SimState.StopsWithTenOpen, seat.Open >= OpenMany);
        Mark(SimState.NamesNotSynced, seat.HasNewNames);
        seat.Open = 0;
        seat.HasNewNames = false;
        if (!seat.IsUp)
        {
            Mark(SimState.StopsBeforeStarted);
            return;
        }

        CampaignStops(seat);
        Mark(SimState.FetchStops, seat.Fetched > seat.Commit);
        seat.IsUp = false;
        bool hadMajority = HasMajority;
        _down++;
        _lostAt = hadMajority && !HasMajority ? now() : _lostAt;
        Mark(SimState.ThreeDown, _down >= 3);
    }

    private void Starts(Seat seat, in ServerObservation seen)
    {
        bool hadMajority = HasMajority;
        _down -= seat.Incarnation > 0 && !seat.IsUp ? 1 : 0;
        Mark(SimState.MajorityDownFiveSeconds, !hadMajority && HasMajority && now() - _lostAt >= _downLong);
        Mark(SimState.TenLives, seen.Incarnation >= ManyLives);
        ref readonly RaftStatus status = ref seen.Now;
        bool isNew = status.LastIndex == LogIndex.Zero;
        bool hasSnapshot = status.Snapshot.Index > LogIndex.Zero;
        Mark(SimState.StartFromSnapshot, hasSnapshot && status.LastIndex == status.Snapshot.Index);
        Mark(SimState.StartFromSnapshotAndLog, hasSnapshot && status.LastIndex > status.Snapshot.Index);
        seat.BeganEmpty = isNew;
        seat.Fetched = LogIndex.Zero;
        if (seat.Incarnation == 0 || seat.Disk != seen.Disk)
        {
            Mark(SimState.OtherDisk, seat.Incarnation > 0);
            return;
        }

        Mark(SimState.VoterStartsAgain, status.Term == seat.Term && !status.Vote.IsNone);
        Mark(SimState.TermNotOnDisk, status.Term < seat.Term);
        Mark(SimState.TailNotOnDisk, status.LastIndex < seat.LastIndex);
        Mark(SimState.UnsyncedKept, status.LastIndex > seat.Durable && seat.LastIndex > seat.Durable);
    }

    /// <summary>An operation of a disk was carried out, or has failed.</summary>
    public void Operated(int server, DiskOpKind kind, FileId file)
    {
        switch (kind)
        {
            case DiskOpKind.SyncDirectory:
                _seats[server].HasNewNames = false;
                break;
            case DiskOpKind.Create or DiskOpKind.Rename or DiskOpKind.Delete:
                _seats[server].HasNewNames = true;
                Mark(SimState.SegmentDropped, kind == DiskOpKind.Delete && LogFormat.TryParseName(file, out _));
                break;
        }
    }

    private void TellDisk(Seat seat, string text)
    {
        bool isFull = text.StartsWith("the disk is full", StringComparison.Ordinal);
        Mark(isFull ? SimState.DiskFull : SimState.SpaceAgain);
        Mark(SimState.LeaderDiskFull, isFull && seat.Leads);
    }

    private void GivesUp(Seat seat)
    {
        Mark(seat.IsUp ? SimState.GivesUp : SimState.FolderRefused);
        Mark(SimState.LeaderGivesUp, seat.Leads);
    }
}

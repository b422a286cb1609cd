using RaftSim.Raft;
using RaftSim.Server;
using static RaftSim.Simulation.Tests.States.WatchRig;

namespace RaftSim.Simulation.Tests.States;

/// <summary>States of logs, requests, members and processes, each from what the world shows, and not from less.</summary>
public sealed class LogAndRequestStateTests
{
    private readonly WatchRig _rig = new();

    // Goal: how much of a log is lost is counted in entries.
    [Fact]
    public void Lost_ends_of_logs_are_counted()
    {
        _rig.Append(0, 1, 109);
        _rig.Say(0, truncateFrom: 101);
        Assert.False(_rig.Has(SimState.TailOfTenLost));
        _rig.Say(0, truncateFrom: 91);
        Assert.True(_rig.Has(SimState.TailOfTenLost));
        Assert.False(_rig.Has(SimState.TailOfHundredLost));
    }

    // Goal: what became of a command of unknown outcome is told apart by when it was applied, if it was.
    [Fact]
    public void Unknown_outcomes_are_told_apart()
    {
        ErrorReply unknown = new(ServerErrorKind.OutcomeUnknown, "");
        _rig.Apply(1, "before");
        _rig.Answer(0, Command("before"), unknown);
        Assert.True(_rig.Has(SimState.UnknownButDone));
        Assert.False(_rig.Has(SimState.UnknownThenDone));
        _rig.Answer(0, Command("later"), unknown);
        _rig.Apply(2, "later");
        Assert.True(_rig.Has(SimState.UnknownThenDone));
        _rig.End();
        Assert.False(_rig.Has(SimState.UnknownNeverDone));
        _rig.Answer(0, Command("never"), unknown);
        _rig.End();
        Assert.True(_rig.Has(SimState.UnknownNeverDone));
    }

    // Goal: a majority is down for as long as it takes until one is up again.
    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void A_majority_is_down_for_a_while(int seconds, bool isLong)
    {
        _rig.Stop(0);
        _rig.Now += Duration.Seconds(60);
        _rig.Stop(1);
        Assert.False(_rig.Has(SimState.ThreeDown));
        _rig.Now += Duration.Seconds(seconds);
        _rig.Restart(0);
        Assert.Equal(isLong, _rig.Has(SimState.MajorityDownFiveSeconds));
    }

    // Goal: what leaders tell of members is understood, by whose id stands in it.
    [Fact]
    public void A_server_with_another_disk_is_known_by_its_id()
    {
        _rig.Raise(0, ServerEventKind.Membership, "id2 is removed: s2 comes in its place with another data folder", subject: 1);
        Assert.True(_rig.Has(SimState.FormerSelfRemoved));
        Assert.False(_rig.Has(SimState.OldIdNewDisk));
        _rig.Raise(0, ServerEventKind.Membership, "id1 is removed: s1 comes in its place with another data folder", subject: 1);
        Assert.True(_rig.Has(SimState.OldIdNewDisk));
    }

    // Goal: a message to a former self of a server is seen by the disk, and one to itself is none.
    [Fact]
    public void A_message_to_a_former_self_is_seen()
    {
        RaftMessage heartbeat = new() { Kind = RaftMessageKind.Heartbeat, From = Id(1), To = Id(0), Term = new Term(1) };
        _rig.Receive(0, heartbeat, new DiskId(1, 0));
        Assert.False(_rig.Has(SimState.ForFormerSelf));
        _rig.Receive(0, heartbeat, new DiskId(9, 9));
        Assert.True(_rig.Has(SimState.ForFormerSelf));
    }
}

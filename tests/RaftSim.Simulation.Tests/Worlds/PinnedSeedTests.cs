namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Seeds that once failed, with what they showed. They run as on the command line: <c>simulate --seed N</c>.</summary>
public sealed class PinnedSeedTests
{
    // Goal: what was found once stays found.
    // 100563, 101950: the only server that knew the first configuration was wiped before anything was committed, and the
    // others formed another cluster. That is right (docs/decisions/0002): the fault budget must not allow the wipe.
    // 602679, 800574: a server whose disk was full just before peace came did not try to fetch the snapshot that it needed for
    // ten more seconds; so did one that had given up a snapshot of its own for the leader's.
    // 900463: a session expired after a tenth of its life: a leader that was asked for something in the very step in which it
    // was elected counted the time since its start as time that it had led.
    // 545 of four servers: a server whose disk was emptied came back under its id between two autopilot states, had the
    // standing of its former self, and was given a vote before the stabilization time.
    // 1001458 of five servers: a server that was paused counted as undisturbed while its disk still stalled.
    // 3000781 of five servers, false alarm: a server began an election for which it had been promised votes before the leader
    // of that time was elected.
    // 4007281 of four servers, false alarm: a leader that was asked to hand over heard only then that its successor had been
    // elected, and was down again by the time of the question.
    // 4007445 of five servers, false alarm: callers asked to read, and for eight seconds nobody asked for a write.
    // 5003515 of five servers, false alarm: a removal that was asked for before peace came was committed after everybody had
    // been seen to vote, and who was removed was to lead.
    // 5010681 of five servers, false alarm: a bit rotted between the reading of a disk and the end of that start, which was
    // taken for a proof that nothing was wrong.
    // 5015697 of four servers, false alarm: a server that started on a full disk gave up when there was room again.
    // 5022156 of three servers, false alarm: it was the server that was cut off that was asked for writes.
    // 5028824 of three servers, false alarm: with the leader's disk stalled all waited for a server that had much to catch up.
    // 5031637 of three servers: a leader whose disk hung could not send its snapshot to whom a majority waited for, and went on
    // leading although a third server had written all of its log.
    // 5051306 of three servers, false alarm: a server led only within a step, in which it told that it leads already.
    [Theory]
    [InlineData(100563)]
    [InlineData(101950)]
    [InlineData(602679, 4)]
    [InlineData(800574, 3)]
    [InlineData(900463, 3)]
    [InlineData(545, 4)]
    [InlineData(1001458, 5)]
    [InlineData(3000781, 5)]
    [InlineData(4007281, 4)]
    [InlineData(4007445, 5)]
    [InlineData(5003515, 5)]
    [InlineData(5010681, 5)]
    [InlineData(5015697, 4)]
    [InlineData(5022156, 3)]
    [InlineData(5028824, 3)]
    [InlineData(5031637, 3)]
    [InlineData(5051306, 3)]
    [InlineData(90074628, 4)]
    public void A_seed_that_failed_once_succeeds(ulong seed, int? servers = null) =>
        SimWorld.Swarm(seed, servers, zones: 0).Run(Duration.Seconds(60)).RequireSuccess();
}

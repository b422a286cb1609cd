using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>Single faults of the simulated disk: each does what it says, once, and is told.</summary>
public sealed class SimDiskFaultTests
{
    private static readonly FileId _file = new("a.file");
    private readonly List<SimDiskFault> _noted = [];
    private readonly SimDisk _disk;
    private ulong _wake;
    private ulong _ticket;

    public SimDiskFaultTests()
    {
        _disk = new SimDisk(new Prng(1), new SimDiskOptions(), (wake, _) => _wake = wake) { Noted = _noted.Add };
        Do(DiskOpKind.Create);
        Do(DiskOpKind.SyncDirectory);
        Do(DiskOpKind.Write, data: [1, 2, 3]);
        Do(DiskOpKind.Sync);
    }

    // Goal: one sync fails, and what it should have made durable is lost at the next crash, as on Linux.
    [Fact]
    public void A_failed_sync_loses_what_it_covers()
    {
        Do(DiskOpKind.Write, data: [9]);
        _disk.FailNext(SimDiskFault.SyncFailure);
        Assert.Equal(DiskStatus.Failed, Do(DiskOpKind.Sync).Status);
        Assert.Equal(DiskStatus.Ok, Do(DiskOpKind.Sync).Status);
        Assert.Equal([SimDiskFault.SyncFailure], _noted);
        _disk.Crash(new Prng(2), SimDiskCrash.KeepAll);
        Assert.Equal([1, 2, 3], _disk.ReadAll(_file));
    }

    // Goal: one operation fails with nothing done; the next does not.
    [Fact]
    public void A_failed_operation_does_nothing()
    {
        _disk.FailNext(SimDiskFault.Failure);
        Assert.Equal(DiskStatus.Failed, Do(DiskOpKind.Write, data: [9]).Status);
        Assert.Equal([1, 2, 3], _disk.ReadAll(_file));
        Assert.Equal(DiskStatus.Ok, Do(DiskOpKind.Write, data: [9]).Status);
        Assert.Equal([9, 2, 3], _disk.ReadAll(_file));
        Assert.Equal([SimDiskFault.Failure], _noted);
    }

    // Goal: a sync that lies says yes, a program reads what it wrote, and a crash shows the truth.
    [Fact]
    public void A_lying_sync_shows_at_the_crash()
    {
        _disk.FailNext(SimDiskFault.SyncLie);
        Do(DiskOpKind.Write, data: [9]);
        Assert.Equal(DiskStatus.Ok, Do(DiskOpKind.Sync).Status);
        Assert.Equal([9, 2, 3], _disk.ReadAll(_file));
        Assert.Equal([SimDiskFault.SyncLie], _noted);
        _disk.Crash(new Prng(2), SimDiskCrash.KeepAll);
        Assert.Equal([1, 2, 3], _disk.ReadAll(_file));
    }

    // Goal: one write goes to another place, and the place where it belongs stays as it was.
    [Fact]
    public void A_misdirected_write_goes_elsewhere()
    {
        _disk.FailNext(SimDiskFault.Misdirected);
        Assert.Equal(DiskStatus.Ok, Do(DiskOpKind.Write, offset: 2, data: [9]).Status);
        Assert.Equal([1, 9, 3], _disk.ReadAll(_file));
        Do(DiskOpKind.Write, offset: 2, data: [8]);
        Assert.Equal([1, 9, 8], _disk.ReadAll(_file));
        Assert.Equal([SimDiskFault.Misdirected], _noted);
    }

    // Goal: the power is to fail after a write of several sectors, not after one of a part of one.
    [Fact]
    public void A_write_is_torn_only_when_it_has_several_sectors()
    {
        _disk.FailNext(SimDiskFault.WriteTorn);
        Do(DiskOpKind.Write, data: [7]);
        Assert.False(_disk.IsTearing);
        Do(DiskOpKind.Write, data: new byte[2_000]);
        Assert.True(_disk.IsTearing);
        _disk.Crash(new Prng(4), SimDiskCrash.Each);
        Assert.False(_disk.IsTearing);
    }

    // Goal: rot changes one bit of what is durable, in one of the files, and needs a file long enough to matter.
    [Fact]
    public void Rot_changes_one_durable_bit()
    {
        Assert.False(_disk.Rot(new Prng(3)));
        byte[] before = new byte[4_096];
        Do(DiskOpKind.Write, data: before);
        Assert.False(_disk.Rot(new Prng(3)));
        Do(DiskOpKind.Sync);
        Assert.True(_disk.Rot(new Prng(3)));
        int changed = _disk.ReadAll(_file).Sum(octet => System.Numerics.BitOperations.PopCount(octet));
        Assert.Equal(1, changed);
        Assert.Equal([SimDiskFault.BitFlip], _noted);
    }

    private DiskCompletion Do(DiskOpKind kind, long offset = 0, byte[]? data = null)
    {
        _disk.Submit(new(++_ticket, kind, _file, default, offset, Data: data));
        Assert.True(_disk.TryComplete(_wake, out DiskCompletion completion));
        return completion;
    }
}

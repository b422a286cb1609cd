using RaftSim.Storage;

namespace RaftSim.Simulation;

// What faults do to a world, besides the verbs that scripts have, too.
public sealed partial class SimWorld
{
    private int _splits;

    /// <summary>The address of a server.</summary>
    internal static ServerAddress AddressOf(int server) => new($"s{server}:4647");

    /// <summary>Kills a server's process: nothing that was written is lost. Does nothing when it is down.</summary>
    public void Kill(int server) => Watched(() =>
    {
        SimServer killed = ServerOf(server);
        if (!killed.IsUp)
        {
            return;
        }

        if (killed.Doom == DiskDoom.Lost)
        {
            // What a sync has lied about is there as long as the machine runs: a wonder that does not last.
            Crash(server);
            return;
        }

        Stop(killed, "is killed");
        killed.Disk.Kill(Draw.Of(Seed, Concern.Disk).At(server).At(killed.Incarnation).At(2).Stream());
        _faults.Fired(FaultKind.Kill);
    });

    /// <summary>Crashes a server after so many more operations of its disk, unless it stops before.</summary>
    internal void CrashAtIo(int server, int operations)
    {
        _servers[server].CrashAtIo = operations;
        Say(_servers[server], $"is to crash after {operations} more operations of its disk");
    }

    /// <summary>Splits the network; returns the number of the split, by which it ends.</summary>
    internal int Split(ReadOnlySpan<int> side)
    {
        Network.Partition(side);
        Say($"network splits: {string.Join(' ', side.ToArray().Select(server => $"s{server}"))} on one side");
        return ++_splits;
    }

    /// <summary>Ends a split, unless there has been another since.</summary>
    internal void Rejoin(int split)
    {
        if (split == _splits)
        {
            Network.Join();
            NoteDisturbed();
            Say("network is whole");
        }
    }

    internal void Impair(ReadOnlySpan<int> servers, bool isCut)
    {
        foreach (int server in servers)
        {
            _servers[server].Impairments++;
            _servers[server].Handicaps += isCut ? 0 : 1;
        }
    }

    internal void Recover(ReadOnlySpan<int> servers, bool isCut)
    {
        foreach (int server in servers)
        {
            _servers[server].Impairments--;
            _servers[server].Handicaps -= isCut ? 0 : 1;
            Disturb(_servers[server]);
        }
    }

    /// <summary>The next operation of a disk takes longer.</summary>
    internal void StallDisk(int server, Duration span)
    {
        _servers[server].DiskStall = span;
        Say(_servers[server], $"has a disk that stalls for {span}");
        Disturb(_servers[server]);
        _faults.Fired(FaultKind.StalledDisk);
    }

    /// <summary>
    /// The next operation of a disk that this can befall suffers it; what may lose a disk must have come out of the budget.
    /// Nothing happens to a server that is down, or whose disk is to be given up.
    /// </summary>
    internal void FailNext(int server, SimDiskFault fault)
    {
        SimServer failing = _servers[server];
        if (failing.IsUp && failing.Doom == DiskDoom.None)
        {
            failing.Disk.FailNext(fault);
            Say(failing, $"has a disk whose next operation suffers {fault}");
            failing.Doom = fault is SimDiskFault.SyncLie or SimDiskFault.Misdirected ? DiskDoom.Lost : DiskDoom.None;
        }
    }

    /// <summary>A bit rots on a disk, which comes out of the budget. Nothing happens when nothing durable is on it.</summary>
    internal void Rot(int server, Prng prng)
    {
        if (_servers[server].Doom == DiskDoom.None && _servers[server].Disk.Rot(prng))
        {
            _servers[server].Doom = DiskDoom.Rotten;
            _servers[server].RottenSince = _servers[server].Incarnation;
            _faults.Fired(FaultKind.BitRot);
            Say(_servers[server], "has a rotten disk");
        }
    }

    /// <summary>Whether a disk is to be given up; one to which nothing has happened yet is good again.</summary>
    internal bool EndDoom(int server)
    {
        SimServer doomed = _servers[server];
        if (doomed.Doom == DiskDoom.Lost && doomed.Disk.IsArmed)
        {
            doomed.Disk.FailNext(null);
            doomed.Doom = DiskDoom.None;
        }

        return doomed.Doom != DiskDoom.None;
    }

    private void ReplaceDisk(SimServer server)
    {
        server.Disk.Wipe();
        server.DiskId = default;
        server.Doom = DiskDoom.None;
        Say(server, "is wiped");
    }

    private void TakeDisk(SimServer server, in DiskCompletion completion)
    {
        if (server.CrashAtIo == 1 || server.Disk.IsTearing)
        {
            // Carried out, but the server never hears of it.
            if (server.CrashAtIo == 1)
            {
                _faults.Fired(FaultKind.CrashAtIo);
            }

            Crash(server.Number, server.Disk.IsTearing ? SimDiskCrash.Tear : SimDiskCrash.Any);
            RestartLater(server);
            return;
        }

        // Who starts on a full disk can begin nothing, and says so a little later, when there may be room again.
        server.HasDiskFailed |= completion.Status == DiskStatus.Full && !server.IsObserved;
        server.CrashAtIo -= server.CrashAtIo > 0 ? 1 : 0;
        Take(server, Server.ServerInput.DiskCompleted(completion));
    }

    private void NoteDisk(SimServer server, SimDiskFault fault)
    {
        FaultKind? kind = fault switch
        {
            SimDiskFault.WriteLost => FaultKind.UnsyncedLoss,
            SimDiskFault.WriteTorn => FaultKind.TornWrite,
            SimDiskFault.SyncFailure => FaultKind.FailedSync,
            SimDiskFault.Failure => FaultKind.FailedIo,
            SimDiskFault.SyncLie => FaultKind.LyingSync,
            SimDiskFault.Misdirected => FaultKind.MisdirectedWrite,
            _ => null,
        };
        server.HasDiskFailed |= fault is SimDiskFault.SyncFailure or SimDiskFault.Failure;
        if (kind is { } fired)
        {
            _faults.Fired(fired);
        }
    }

    private Duration SkewOf(int server)
    {
        if (Options.WallSkewMax == Duration.Zero)
        {
            return Duration.Zero;
        }

        _faults.Fired(FaultKind.Skew);
        return Draw.Of(Seed, Concern.Clock).At(server).Between(3, Options.WallSkewMax * -1, Options.WallSkewMax);
    }
}

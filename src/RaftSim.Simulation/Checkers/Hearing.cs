namespace RaftSim.Simulation.Checkers;

/// <summary>Which server has heard which disk, when last, and when a long silence of it last ended.</summary>
internal sealed class Hearing(int servers)
{
    private readonly Lookup<DiskId, Ear>[] _ears = [.. Enumerable.Range(0, servers).Select(_ => new Lookup<DiskId, Ear>())];

    /// <summary>A message of a disk has reached a server; a silence of more than <paramref name="gap"/> ns is noted.</summary>
    public void Heard(int server, DiskId disk, long now, long gap)
    {
        if (!_ears[server].TryFind(disk, out Ear ear))
        {
            _ears[server][disk] = ear = new Ear { Last = now, GapEnded = now };
        }

        ear.GapEnded = now - ear.Last > gap ? now : ear.GapEnded;
        ear.Last = now;
    }

    /// <summary>A server has lost its memory.</summary>
    public void Forget(int server) => _ears[server] = new();

    /// <summary>When a server last heard a disk; 0 for never.</summary>
    public long LastOf(int server, DiskId disk) => _ears[server].TryFind(disk, out Ear ear) ? ear.Last : 0;

    /// <summary>Since when a server hears a disk without a long silence; the end of time for never.</summary>
    public long GapOf(int server, DiskId disk) => _ears[server].TryFind(disk, out Ear ear) ? ear.GapEnded : long.MaxValue;

    private sealed class Ear
    {
        public long Last { get; set; }

        public long GapEnded { get; set; }
    }
}

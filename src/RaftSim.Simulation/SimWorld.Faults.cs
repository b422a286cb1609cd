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

    /// <summary>
    /// Crashes a server after so many more operations of its disk, unless it stops before; <paramref name="bite"/> is called
    /// then.
    /// </summary>
    internal void CrashAtIo(int server, int operations, Action? bite = null)
    {
        _servers[server].CrashAtIo = operations;
        _servers[server].CrashAtIoBites.Set(bite);
        Say(_servers[server], $"is to crash after {operations} more operations of its disk");
    }

    /// <summary>
    /// Splits the network; returns the number of the split, by which it ends. <paramref name="bite"/> is called when it first
    /// keeps a message from arriving.
    /// </summary>
    internal int Split(ReadOnlySpan<int> side, Action bite)
    {
        Network.Split(side, bite);
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

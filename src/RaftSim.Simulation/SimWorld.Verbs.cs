using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Recording;

namespace RaftSim.Simulation;

// What a script can do to a world.
public sealed partial class SimWorld
{
    /// <summary>Stops a server as a power failure would: its memory is gone, and what its disk had not synced may be.</summary>
    /// <param name="server">Which; does nothing when it is down.</param>
    /// <param name="loss">What becomes of what was not synced. Default: drawn from the seed.</param>
    public void Crash(int server, SimDiskCrash loss = SimDiskCrash.Any) => Watched(() =>
    {
        SimServer crashed = ServerOf(server);
        crashed.RestartAt = long.MaxValue;
        if (crashed.IsUp)
        {
            Stop(crashed, loss == SimDiskCrash.Any ? "crashes" : $"crashes, as {loss} has it");
            Draw draw = Draw.Of(Seed, Concern.Disk).At(crashed.Number).At(crashed.Incarnation);
            crashed.Disk.Crash(draw.At(1).Stream(), loss);
            _faults.Fired(FaultKind.Crash);
            if (crashed.Doom == DiskDoom.Lost)
            {
                ReplaceDisk(crashed);
            }
        }
    });

    /// <summary>
    /// Starts a server that is down from what its disk holds; does nothing when it is up, has not come yet or is gone for good.
    /// </summary>
    public void Restart(int server) => Watched(() =>
    {
        SimServer started = ServerOf(server);
        if (!started.IsUp && IsHere(server))
        {
            Say(started, "starts");
            Start(started);
        }
    });

    /// <summary>
    /// Stops a server, if it is up, and empties its disk. More than a minority of these is more than Raft survives.
    /// </summary>
    public void Wipe(int server)
    {
        bool isEmpty = !IsUp(server) && _servers[server].Disk.Files.Count == 0;
        Crash(server);
        ReplaceDisk(_servers[server]);
        if (!isEmpty)
        {
            _faults.Fired(FaultKind.Wipe);
        }
    }

    /// <summary>Lets a server do nothing for a while; what arrives waits. Does nothing when it is down.</summary>
    public void Pause(int server, Duration span) => Pause(server, span, null);

    /// <summary>The same; <paramref name="bite"/> is called when something first has to wait.</summary>
    internal void Pause(int server, Duration span, Action? bite)
    {
        Rule.RequireNotNegative(span, nameof(span));
        SimServer paused = ServerOf(server);
        if (paused.IsUp)
        {
            paused.Pause(Timeline.Now, checked(Timeline.Now + span.Nanos), Once(FaultKind.Pause) + bite);
            Record?.Paused(server, paused.PausedUntil);
            Say(paused, $"pauses for {span}");
        }
    }

    /// <summary>Splits the network: the given servers on one side, all others on the other.</summary>
    public void Partition(params ReadOnlySpan<int> side)
    {
        foreach (int server in side)
        {
            ServerOf(server, nameof(side));
        }

        Split(side, Once(FaultKind.Partition));
    }

    /// <summary>From now on nothing that <paramref name="from"/> sends reaches <paramref name="to"/>.</summary>
    public void Block(int from, int to)
    {
        Network.Block(ServerOf(from, nameof(from)).Number, ServerOf(to, nameof(to)).Number, Once(FaultKind.OneWay));
        Say($"nothing from s{from} reaches s{to}");
    }

    /// <summary>Cuts one server off from all others.</summary>
    public void Isolate(int server)
    {
        Network.Split([ServerOf(server).Number], Once(FaultKind.Isolate));
        Say($"s{server} is cut off");
    }

    /// <summary>Ends every split and block of the network, and what makes links slow.</summary>
    public void Heal()
    {
        Network.Heal();
        EndHandicaps();
        NoteDisturbed();
        Say("network heals");
    }

    /// <summary>Hands a request to a server that is up; throws <see cref="InvalidOperationException"/> when it is down.</summary>
    public SimRequest Request(int server, ServerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        SimServer asked = ServerOf(server);
        if (!asked.IsUp)
        {
            throw new InvalidOperationException($"server {server} is down");
        }

        SimRequest made = new((ulong)_requests.Count, server, asked.Incarnation, request, Now);
        _requests.Add(made);
        Record?.Asked(made);
        asked.Open.Add(made);
        if (Trace is not null || Cause is not null)
        {
            Say(asked, $"is asked as request {made.Id} {Gist(request)}");
        }

        _hash.Add(Timeline.Now);
        _hash.Add(made.Id);
        Watched(() =>
        {
            foreach (IChecker checker in _listeners.Requested)
            {
                checker.Requested(server, request);
            }

            Take(asked, ServerInput.Requested(made.Id, request));
        });
        return made;
    }

    /// <summary>Asks a server to append a command.</summary>
    public SimRequest Propose(int server, ReadOnlyMemory<byte> payload) => Request(server, new ProposeRequest(payload));

    /// <summary>Notes that a state of your own was reached: <see cref="SimulationResult.Sometimes"/> lists it.</summary>
    public void Sometimes(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _sometimes.Add(name);
    }

    // Whoever may have seemed dead until now.
    private void NoteDisturbed()
    {
        foreach (SimServer server in _servers)
        {
            Disturb(server);
        }
    }

    private void Disturb(SimServer server) => server.DisturbedAt = Math.Max(server.DisturbedAt, Timeline.Now);

    private void Stop(SimServer server, string how)
    {
        Say(server, how);
        Record?.Became(server.Number, LaneState.Down);
        server.Node = null;
        server.Apply = null;
        server.ClearInbox();
        server.IsResumeScheduled = false;
        server.IsObserved = false;
        server.HasDiskFailed = false;
        server.CrashAtIo = 0;
        server.PausedUntil = 0;
        server.DisturbedAt = Timeline.Now;
        foreach (SimRequest request in server.Open)
        {
            request.IsLost = true;
        }

        server.Open.Clear();
        foreach (IChecker checker in _checkers)
        {
            checker.Stopped(server.Number);
        }
    }
}

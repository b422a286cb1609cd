using RaftSim.Autopilot;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Faults;
using RaftSim.Simulation.Scenarios;
using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation;

// A run by itself: faults and work, then peace, then what must be so after it.
public sealed partial class SimWorld
{
    private FaultPlan _plan = FaultPlan.None;
    private Workload _work = new();
    private Duration _duration = Duration.Seconds(60);
    private FaultInjector? _injector;
    private IReadOnlyList<Requirement> _requirements = [];
    private LivenessUnderFaults? _underFaults;
    private bool _isMoved;
    private bool _isRecoverable = true;
    private WorkloadDriver? _workload;
    private IReadOnlyList<ScenarioStep> _steps = [];

    /// <summary>Chooses the faults of <see cref="Run"/>. Default: none.</summary>
    public SimWorld WithFaults(FaultPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        return this;
    }

    /// <summary>Chooses the work of <see cref="Run"/>. Default: about 20 requests a second.</summary>
    public SimWorld WithWorkload(Workload workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        workload.Validate();
        _work = workload;
        return this;
    }

    /// <summary>
    /// Chooses how long things may take in the course of <see cref="Run"/>: if one of these is not met, the run fails
    /// (<c>required</c>). Default: as long as they like.
    /// </summary>
    public SimWorld WithRequirements(params IEnumerable<Requirement> requirements)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        _requirements = [.. requirements];
        return this;
    }

    /// <summary>Chooses what a script does in the course of <see cref="Run"/>. Default: nothing.</summary>
    internal SimWorld WithSteps(IReadOnlyList<ScenarioStep> steps)
    {
        _steps = steps;
        return this;
    }

    private void Carry(ScenarioStep step)
    {
        Say($"scenario: {step}");
        step.Do(this);
    }

    /// <summary>
    /// Throws faults and work at the world for a while, then ends all faults and requires that it recovers. Never throws
    /// for a broken promise: that is in the result. Throws <see cref="InvalidOperationException"/> the second time.
    /// </summary>
    /// <param name="duration">How long. Above 0 and at most <see cref="DurationMax"/>.</param>
    public SimulationResult Run(Duration duration)
    {
        Rule.RequireLength(duration, nameof(duration));
        if (_injector is not null)
        {
            throw new InvalidOperationException("a world runs by itself only once");
        }

        _duration = duration;
        Duration planned = _planned ?? duration;
        _injector = new FaultInjector(this, _plan, planned);
        _workload = new WorkloadDriver(this, _work);
        try
        {
            _injector.Begin();
            new Handover(this, _injector, planned).Begin();
            _workload.Begin();
            foreach (ScenarioStep step in _steps)
            {
                _injector.Later(step.At, null, () => Carry(step));
            }

            _underFaults = _work.Writes && HasEveryRequest ? new LivenessUnderFaults(this) : null;
            _isMoved = _plan.KindsOf(Seed).Any(
                kind => kind is FaultKind.Transfer or FaultKind.Remove or FaultKind.Churn or FaultKind.Ambush
                    or FaultKind.Upgrade or FaultKind.LateNews || (HasLeases && kind == FaultKind.Isolate)) || IsShaped;
            RunFor(duration);
            _underFaults = null;
            _times.End();
            Settle();
            _isRecoverable = _injector.IsRecoverable();
            if (_isRecoverable)
            {
                new Liveness(this).Check();
            }

            RequireLogs();
            RequireStrikes();
            RequireTimes();
        }
        catch (SimulationFailedException)
        {
            // What failed is part of the result.
        }

        return Result;
    }

    /// <summary>
    /// Ends every fault, those by chance, too: the network heals and is calm, disks are quick and fail no more, and every server
    /// is up.
    /// </summary>
    public void Settle()
    {
        _injector?.Stop();
        _workload?.Stop();
        Record?.Settled();
        Network.Options = LinkOptions.Calm;
        Network.Rule = null;
        Heal();
        FinishUpgrade();
        if (_injector is not null)
        {
            FinishHandover();
        }

        foreach (SimServer server in _servers)
        {
            SlowDisk(server.Number, 1);
            FillDisk(server.Number, isFull: false);
            server.CrashAtIo = 0;
            server.DiskStall = Duration.Zero;
            server.StalledDiskBites.Set(null);
            server.Disk.Calm();
            server.BusyUntil = Timeline.Now;
            Record?.Resumed(server.Number);
            if (server.IsUp)
            {
                server.IsResumeScheduled = false;
                ScheduleResume(server);
            }

            Restart(server.Number);
        }
    }

    // An upgrade that was begun is brought to its end: autopilot rightly keeps votes from servers that are too few to take over.
    // Versions that stand side by side by intention stay.
    private void FinishUpgrade()
    {
        if (!IsUpgraded)
        {
            return;
        }

        string newest = _servers[0].Options.Version;
        foreach (SimServer server in _servers)
        {
            string version = server.Options.Version;
            bool isNewer = UpgradeVersion.Compare(UpgradeVersion.Parse(version), UpgradeVersion.Parse(newest)) > 0;
            newest = isNewer ? version : newest;
        }

        foreach (SimServer server in _servers)
        {
            if (!string.Equals(server.Options.Version, newest, StringComparison.Ordinal))
            {
                server.Options = server.Options with { Version = newest };
                Kill(server.Number);
            }
        }
    }

    // What was asked for by name and never came about has shown nothing.
    private void RequireStrikes()
    {
        foreach (FaultKind kind in _plan.IsSwarm || _only is not null ? [] : _plan.Kinds)
        {
            if (_faults[kind] == 0)
            {
                Fail("never-struck", $"{FaultCounts.NameOf(kind)} was asked for, but never struck within {_duration}");
            }
        }
    }

    private void RequireTimes()
    {
        foreach (Requirement requirement in _requirements)
        {
            if (requirement.Breach(_times.Times) is { } breach)
            {
                Fail("required", breach);
            }
        }
    }

    /// <summary>
    /// Compares the whole log of every server that is up with what was seen of it, and lets the checkers judge it.
    /// </summary>
    public void RequireLogs() => Watched(() =>
    {
        foreach (SimServer server in _servers)
        {
            if (!server.IsObserved)
            {
                continue;
            }

            Audit(server);
            foreach (IChecker checker in _checkers)
            {
                checker.Ended(server.Number, server.Status, server.Log);
            }
        }

        RequireSameState();
    });

    // Who has handed out the same entries has the same built-in state, whether from the log or from a snapshot: it is applied
    // in that very step, ahead of the user's state machine.
    private void RequireSameState()
    {
        SortedDictionary<LogIndex, (int Server, string State)> states = [];
        foreach (SimServer server in _servers)
        {
            if (server.Node is not { IsStarted: true } node || !server.IsObserved)
            {
                continue;
            }

            LogIndex handedOut = node.Raft!.Status.HandedOut;
            string state = $"{node.State.Autopilot} of {node.State.CreateIndex} and {node.State.ModifyIndex} at "
                + $"{node.State.ClusterTime}";
            if (states.TryAdd(handedOut, (server.Number, state))
                || string.Equals(states[handedOut].State, state, StringComparison.Ordinal))
            {
                continue;
            }

            throw new ViolationException("same-state", $"servers {states[handedOut].Server} and {server.Number} know "
                + $"everything up to {handedOut} to be committed, but have {states[handedOut].State}, and {state}");
        }
    }

    internal void Fail(string checker, string explanation) =>
        Watched(() => throw new ViolationException(checker, explanation));

    internal void Count(FaultKind kind) => _faults.Fired(kind);

    /// <summary>What counts a kind of fault, once, however often it is called.</summary>
    internal Action Once(FaultKind kind)
    {
        bool hasFired = false;
        return () =>
        {
            if (!hasFired)
            {
                hasFired = true;
                Count(kind);
            }
        };
    }
}

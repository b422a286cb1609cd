namespace RaftSim.Autopilot;

/// <summary>
/// Runs the autopilot of a leader: when to ask for stats, when to compute the state, when to act, and one action at a
/// time. Not thread-safe, performs no I/O, knows no Raft type. Source: raft-autopilot, run.go; differences in
/// docs/AUTOPILOT.md.
/// </summary>
public sealed partial class AutopilotDriver
{
    private readonly Duration _stateInterval;
    private readonly Duration _reconcileInterval;
    private readonly IPromoter _promoter;

    // When there is work at once: a round is complete, an action ended, a prune was asked for.
    private MonoTime _wake = MonoTime.Never;

    /// <summary>Makes a stopped driver.</summary>
    /// <param name="stateInterval">Time between states; at least 2 ns. Nomad's value: 2 s.</param>
    /// <param name="reconcileInterval">Time between rounds of actions; positive. Nomad's value: 10 s.</param>
    /// <param name="promoter">The policy.</param>
    /// <param name="roundsBefore">
    /// From where rounds of stats are numbered on. To be drawn in each life of a server, so that an answer to a former one is
    /// known for what it is. Default: 0.
    /// </param>
    public AutopilotDriver(
        Duration stateInterval, Duration reconcileInterval, IPromoter promoter, ulong roundsBefore = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stateInterval.Nanos, 2, nameof(stateInterval));
        ArgumentOutOfRangeException.ThrowIfLessThan(reconcileInterval.Nanos, 1, nameof(reconcileInterval));
        ArgumentNullException.ThrowIfNull(promoter);
        _stateInterval = stateInterval;
        _reconcileInterval = reconcileInterval;
        _promoter = promoter;
        _round = roundsBefore;
        _told = _toldByReconcile;
    }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The latest state; <see langword="null"/> before the first one of this run.</summary>
    public AutopilotState? State { get; private set; }

    /// <summary>When to call <see cref="Tick"/> at the latest; never while stopped.</summary>
    public MonoTime NextDeadline => IsRunning
        ? MonoTime.Min(_wake, MonoTime.Min(_nextReconcile, _roundOpen ? _roundDeadline : _nextRound))
        : MonoTime.Never;

    /// <summary>Starts a run: leadership was won. The first state is due at once. Does nothing while running.</summary>
    public void Start(MonoTime now)
    {
        if (!IsRunning)
        {
            IsRunning = true;
            _nextRound = now;
            _nextReconcile = now + _reconcileInterval;
        }
    }

    /// <summary>
    /// Ends the run and forgets everything: leadership was lost. What was not taken is dropped, and what is still on
    /// its way (replies, the end of an action) will be ignored.
    /// </summary>
    public void Stop()
    {
        IsRunning = false;
        State = null;
        _wake = MonoTime.Never;
        ForgetStats();
        ForgetActions();
        ForgetEvents();
    }

    /// <summary>
    /// Asks for a prune as soon as the round of actions under way, if any, is over. Several wishes merge. Does nothing
    /// while stopped.
    /// </summary>
    public void RequestPrune(MonoTime now)
    {
        if (IsRunning)
        {
            _pruneDue = true;
            _wake = now;
        }
    }

    /// <summary>
    /// Lets time pass. The driver fills in FirstStateTime and FetchedStats of the view itself. Early calls are
    /// harmless, and nothing is done while stopped.
    /// </summary>
    /// <param name="view">What is known now.</param>
    /// <param name="now">The time; never earlier than in a call before.</param>
    public void Tick(AutopilotInputs view, MonoTime now)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!IsRunning)
        {
            return;
        }

        _wake = MonoTime.Never;
        if (_roundOpen && (_unanswered == 0 || now >= _roundDeadline))
        {
            EndRound(view);
        }

        if (!_roundOpen && now >= _nextRound)
        {
            BeginRound(view, now);
            _nextRound = NextAfter(_nextRound, _stateInterval, now);
        }

        if (now >= _nextReconcile)
        {
            _reconcileDue = true;
            _pruneDue = true;
            _nextReconcile = NextAfter(_nextReconcile, _reconcileInterval, now);
        }

        Act(view);
    }

    /// <summary>What to carry out, if anything: everything since it was last taken.</summary>
    public bool TryTakeReady(out AutopilotReady ready)
    {
        // Asked after every step of a leader: nothing is made when there is nothing.
        if (_askFrom.Count == 0 && _toIssue is null && _events.Count == 0 && !_stateUpdated)
        {
            ready = AutopilotReady.Nothing;
            return false;
        }

        ready = new()
        {
            StatsRound = _askFrom.Count > 0 ? _round : 0,
            StatsFrom = _askFrom,
            Action = _toIssue,
            Events = _events,
            StateUpdated = _stateUpdated,
        };
        _askFrom = [];
        _toIssue = null;
        _events = [];
        _stateUpdated = false;
        return true;
    }

    // The cadence is fixed from the start; beats that were slept through are not made up for.
    private static MonoTime NextAfter(MonoTime due, Duration interval, MonoTime now) =>
        due + (interval * (((now - due).Nanos / interval.Nanos) + 1));
}

namespace RaftSim.Autopilot;

// The rounds of stats requests, each of which ends in a state.
public sealed partial class AutopilotDriver
{
    // The last request to each server that was not answered yet.
    private readonly SortedDictionary<ServerId, StatsRequest> _outstanding = [];
    private readonly SortedDictionary<ServerId, ServerStats> _fetched = [];

    private readonly SortedSet<ServerId> _departed = [];

    // Counts on from run to run, so that a reply from an earlier run is known for what it is.
    private ulong _round;
    private bool _roundOpen;
    private int _unanswered;
    private MonoTime _roundDeadline = MonoTime.Never;
    private MonoTime _nextRound = MonoTime.Never;

    // The end of the local log when the open round began: what the stats of that round will be judged against.
    private LogEnd _roundLogEnd;

    // What the stats of the latest state were judged against.
    private LogEnd _stateLogEnd;

    // When the latest state was computed.
    private WallTime _stateTime = WallTime.None;

    private List<ServerId> _askFrom = [];
    private bool _stateUpdated;

    /// <summary>
    /// A server reported. A reply that comes after its round was closed is ignored, as is one to nobody's question.
    /// </summary>
    /// <param name="server">Who reported.</param>
    /// <param name="round">The round of the request that it answers.</param>
    /// <param name="stats">The report.</param>
    /// <param name="now">The time.</param>
    public void StatsReceived(ServerId server, ulong round, in ServerStats stats, MonoTime now)
    {
        if (!IsRunning || !_outstanding.TryGetValue(server, out StatsRequest request) || request.Round != round)
        {
            return;
        }

        _outstanding.Remove(server);
        if (_roundOpen && round == _round)
        {
            _fetched[server] = stats;
            _unanswered--;
            if (_unanswered == 0)
            {
                _wake = now;
            }
        }
    }

    private void BeginRound(AutopilotInputs view, MonoTime now)
    {
        _round++;
        _roundOpen = true;
        _roundDeadline = now + (_stateInterval / 2);

        // Taken before anybody is asked: an index of the time of the answers would make everybody look behind by what
        // was written while waiting for a dead server.
        _roundLogEnd = new(view.LastTerm, view.LastIndex);
        _fetched.Clear();
        _askFrom = [];
        ServerId local = view.IsLeader ? view.Leader : default;
        if (!local.IsNone)
        {
            _fetched[local] = new(Duration.Zero, view.LastTerm, view.LastIndex);
        }

        foreach (AutopilotServer server in view.KnownServers)
        {
            if (server.Id != local && AutopilotEngine.IsAskedForStats(server.NodeStatus) && MayAsk(server.Id, now))
            {
                _outstanding[server.Id] = new(_round, now);
                _askFrom.Add(server.Id);
            }
        }

        _unanswered = _askFrom.Count;
        if (_unanswered == 0)
        {
            EndRound(view);
        }
    }

    // One request at a time. It is given up when the interval in which it was made is over, so that at the normal
    // cadence a lost reply costs one round only.
    private bool MayAsk(ServerId server, MonoTime now) =>
        !_outstanding.TryGetValue(server, out StatsRequest request) || now >= request.AskedAt + _stateInterval;

    private void EndRound(AutopilotInputs view)
    {
        _roundOpen = false;
        AutopilotInputs inputs = Complete(view, _roundLogEnd, [.. _fetched]);
        StateOutcome outcome = AutopilotEngine.ComputeState(inputs, Remembered, _promoter);
        if (outcome.State is null)
        {
            RaiseStateFailure(outcome.Failure);
            return;
        }

        State = outcome.State;
        _departed.Clear();
        _stateLogEnd = _roundLogEnd;
        _stateTime = view.Now;
        _stateUpdated = true;
        RaiseHealth(inputs, outcome.State);
    }

    /// <summary>
    /// A server has left the Raft configuration. Whoever comes back under its id is first seen then, also if it was away for less
    /// than an interval: its disk may be another. Does nothing while stopped.
    /// </summary>
    public void ServerRemoved(ServerId server)
    {
        if (IsRunning)
        {
            _departed.Add(server);
            _fetched.Remove(server);
        }
    }

    // The latest state without those that have left since.
    private AutopilotState? Remembered => State is null || _departed.Count == 0
        ? State
        : State with { Servers = [.. State.Servers.Where(server => !_departed.Contains(server.Server.Id))] };

    // The view as the engine wants it: with fresh stats, if any, and the log end that the stats belong to.
    private AutopilotInputs Complete(
        AutopilotInputs view, LogEnd logEnd, IReadOnlyList<KeyValuePair<ServerId, ServerStats>> stats) =>
        view with
        {
            FirstStateTime = AutopilotEngine.FirstStateTime(State, view.Now),
            FetchedStats = stats,
            LastIndex = logEnd.Index,
            LastTerm = logEnd.Term,
        };

    private void ForgetStats()
    {
        _outstanding.Clear();
        _fetched.Clear();
        _departed.Clear();
        _askFrom = [];
        _roundOpen = false;
        _unanswered = 0;
        _stateTime = WallTime.None;
        _stateUpdated = false;
    }

    private readonly record struct StatsRequest(ulong Round, MonoTime AskedAt);

    private readonly record struct LogEnd(Term Term, LogIndex Index);
}

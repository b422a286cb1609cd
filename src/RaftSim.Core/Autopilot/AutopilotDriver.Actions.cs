namespace RaftSim.Autopilot;

// The rounds of actions: first what the policy wants, then the dead servers.
public sealed partial class AutopilotDriver
{
    private readonly Queue<AutopilotAction> _planned = new();

    // Removed by the round under way. Membership may carry a removal out later: until then it must not be counted
    // again.
    private readonly SortedSet<ServerId> _removed = [];

    // What the kind of round under way has told.
    private ToldRefusals _told;
    private MonoTime _nextReconcile = MonoTime.Never;
    private bool _reconcileDue;
    private bool _pruneDue;

    // Counts on from run to run, so that the end of an action of an earlier run is known for what it is.
    private ulong _lastActionId;
    private AutopilotAction? _inFlight;
    private AutopilotAction? _toIssue;

    /// <summary>
    /// An action ended. Every action that was taken must be reported, once, unless the driver was stopped in between; a
    /// failure ends the round, save that of a failed server's removal, which membership only tries. Unknown numbers are
    /// ignored.
    /// </summary>
    /// <param name="actionId">The number of the action.</param>
    /// <param name="succeeded">Whether it was done.</param>
    /// <param name="detail">Why it failed, for people.</param>
    /// <param name="now">The time.</param>
    public void ActionCompleted(ulong actionId, bool succeeded, string detail, MonoTime now)
    {
        if (_inFlight is not { } action || action.Id != actionId)
        {
            return;
        }

        _inFlight = null;
        _wake = now;
        RaiseCompleted(action, succeeded, detail);
        if (succeeded && action.Kind is AutopilotActionKind.RemoveStale or AutopilotActionKind.RemoveFailed)
        {
            _removed.Add(action.Server);
        }
        else if (!succeeded && action.Kind != AutopilotActionKind.RemoveFailed)
        {
            _planned.Clear();
        }
    }

    // Goes on until an action is under way or nothing is left to do. A round that failed does not keep the next from
    // its turn.
    private void Act(AutopilotInputs view)
    {
        while (_inFlight is null)
        {
            if (_planned.TryDequeue(out AutopilotAction? action))
            {
                IssueOrDrop(action, view);
            }
            else if (_reconcileDue)
            {
                _reconcileDue = false;
                AutopilotInputs inputs = Complete(view, _stateLogEnd, []);
                Plan(AutopilotEngine.Reconcile(inputs, BroughtUpTo(inputs), _promoter), _toldByReconcile);
            }
            else if (_pruneDue)
            {
                _pruneDue = false;
                AutopilotInputs inputs = Complete(view, _stateLogEnd, []);
                Plan(OnlyShown(AutopilotEngine.PruneDeadServers(inputs, BroughtUpTo(inputs), _promoter)), _toldByPrune);
            }
            else
            {
                return;
            }
        }
    }

    // Whoever watches the health must see a server fail before it is gone: what no state has shown waits for the next
    // round.
    private ReconcilePlan OnlyShown(ReconcilePlan plan)
    {
        var shown = new List<AutopilotAction>();
        var refusals = new List<AutopilotRefusal>(plan.Refusals);
        foreach (AutopilotAction action in plan.Actions)
        {
            if (State?.Find(action.Server) is { Server.NodeStatus: not NodeStatus.Alive })
            {
                shown.Add(action);
            }
            else
            {
                refusals.Add(new(action.Server, $"kept {NameOf(action)}: no state has shown yet that it is dead"));
            }
        }

        return plan with { Actions = shown, Refusals = refusals };
    }

    private void Plan(ReconcilePlan plan, ToldRefusals told)
    {
        _removed.Clear();
        _told = told;
        told.BeginRound();
        foreach (AutopilotAction action in plan.Actions)
        {
            _planned.Enqueue(action);
        }

        RaiseRefusals(plan);
    }

    private void IssueOrDrop(AutopilotAction planned, AutopilotInputs view)
    {
        AutopilotInputs inputs = Complete(view, _stateLogEnd, []) with
        {
            RaftServers = [.. view.RaftServers.Where(server => !_removed.Contains(server.Id))],
        };
        string why = ActionRecheck.WhyDropped(planned, inputs, BroughtUpTo(inputs), _promoter);
        if (why.Length > 0)
        {
            RaiseDropped(planned, why);
            return;
        }

        _lastActionId++;
        _inFlight = planned with { Id = _lastActionId };
        _toIssue = _inFlight;
        RaiseIssued(_inFlight);
    }

    /// <summary>What the next action would be judged by.</summary>
    internal AutopilotState? StateBy(AutopilotInputs view) => BroughtUpTo(Complete(view, _stateLogEnd, []));

    // The latest state with the membership and the Raft configuration of this moment. The stats stay those of the last
    // round, judged against the log end of that round.
    private AutopilotState? BroughtUpTo(AutopilotInputs inputs) =>
        State is null ? null : AutopilotEngine.ComputeState(inputs, Remembered, _promoter).State;

    private void ForgetActions()
    {
        _planned.Clear();
        _removed.Clear();
        _reconcileDue = false;
        _pruneDue = false;
        _inFlight = null;
        _toIssue = null;
    }
}

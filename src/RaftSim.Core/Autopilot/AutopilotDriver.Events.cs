using System.Globalization;

namespace RaftSim.Autopilot;

// What the driver tells people: changes, not conditions. A reason that stays the same is told once.
public sealed partial class AutopilotDriver
{
    // Servers that were last said to be unhealthy; one never spoken of counts as healthy.
    private readonly SortedSet<ServerId> _saidUnhealthy = [];
    private readonly ToldRefusals _toldByReconcile = new();
    private readonly ToldRefusals _toldByPrune = new();
    private (bool Healthy, int FailureTolerance)? _saidOfCluster;
    private string _saidStateFailure = "";
    private List<AutopilotEvent> _events = [];

    private void RaiseStateFailure(string reason)
    {
        if (!string.Equals(reason, _saidStateFailure, StringComparison.Ordinal))
        {
            _saidStateFailure = reason;
            _events.Add(new(AutopilotEventKind.Refusal, default, $"no new state: {reason}"));
        }
    }

    private void RaiseHealth(AutopilotInputs inputs, AutopilotState state)
    {
        _saidStateFailure = "";
        var unhealthy = new List<string>();
        var ids = new SortedSet<ServerId>();
        foreach (AutopilotServerState server in state.Servers)
        {
            ServerId id = server.Server.Id;
            string name = AutopilotEngine.NameOf(server.Server);
            ids.Add(id);
            if (!server.Health.Healthy)
            {
                unhealthy.Add(name);
            }

            if (server.Health.Healthy && _saidUnhealthy.Remove(id))
            {
                _events.Add(new(AutopilotEventKind.Health, id, $"{name} is healthy"));
            }
            else if (!server.Health.Healthy && _saidUnhealthy.Add(id))
            {
                string reason = AutopilotEngine.ExplainHealth(inputs, server);
                _events.Add(new(AutopilotEventKind.Health, id, $"{name} is unhealthy: {reason}"));
            }
        }

        // One that comes back later is spoken of anew.
        _saidUnhealthy.IntersectWith(ids);
        if (_saidOfCluster != (state.Healthy, state.FailureTolerance))
        {
            _saidOfCluster = (state.Healthy, state.FailureTolerance);
            string health = state.Healthy ? "healthy" : "unhealthy";
            string text = string.Create(
                CultureInfo.InvariantCulture, $"the cluster is {health}: failure tolerance {state.FailureTolerance}");
            string list = unhealthy.Count > 0 ? $", unhealthy: {string.Join(", ", unhealthy)}" : "";
            _events.Add(new(AutopilotEventKind.Health, default, text + list));
        }
    }

    private void RaiseRefusals(ReconcilePlan plan)
    {
        foreach (AutopilotRefusal refusal in plan.Refusals)
        {
            RaiseRefusal(refusal.Server, refusal.Reason);
        }

        if (plan.Error.Length > 0)
        {
            RaiseRefusal(default, plan.Error);
        }
    }

    private void RaiseRefusal(ServerId server, string text)
    {
        if (_told.IsNew(text))
        {
            _events.Add(new(AutopilotEventKind.Refusal, server, text));
        }
    }

    private void RaiseIssued(AutopilotAction action) =>
        RaiseAction(action, $"{Words(action.Kind).Doing} {NameOf(action)}: {action.Reason}");

    private void RaiseDropped(AutopilotAction action, string why) =>
        RaiseRefusal(action.Server, $"did not {Words(action.Kind).Do} {NameOf(action)}: {why}");

    private void RaiseCompleted(AutopilotAction action, bool succeeded, string detail)
    {
        (string toDo, _, string done) = Words(action.Kind);
        RaiseAction(
            action, succeeded ? $"{done} {NameOf(action)}" : $"could not {toDo} {NameOf(action)}: {detail}");
    }

    private void RaiseAction(AutopilotAction action, string text) =>
        _events.Add(new(AutopilotEventKind.Action, action.Server, text));

    private void ForgetEvents()
    {
        _saidUnhealthy.Clear();
        _toldByReconcile.Clear();
        _toldByPrune.Clear();
        _saidOfCluster = null;
        _saidStateFailure = "";
        _events = [];
    }

    private static string NameOf(AutopilotAction action) =>
        action.Name.Length > 0 ? action.Name : action.Server.ToString();

    private static (string Do, string Doing, string Done) Words(AutopilotActionKind kind) => kind switch
    {
        AutopilotActionKind.Promote => ("promote", "promoting", "promoted"),
        AutopilotActionKind.Demote => ("demote", "demoting", "demoted"),
        AutopilotActionKind.RemoveStale => ("remove stale server", "removing stale server", "removed stale server"),
        AutopilotActionKind.RemoveFailed => ("remove failed server", "removing failed server", "removed failed server"),
        _ => ("move leadership to", "moving leadership to", "moved leadership to"),
    };

    // What a kind of round refused, this time and the time before.
    private sealed class ToldRefusals
    {
        private SortedSet<string> _before = new(StringComparer.Ordinal);
        private SortedSet<string> _now = new(StringComparer.Ordinal);

        public void BeginRound()
        {
            (_before, _now) = (_now, _before);
            _now.Clear();
        }

        public bool IsNew(string text) => _now.Add(text) && !_before.Contains(text);

        public void Clear()
        {
            _before.Clear();
            _now.Clear();
        }
    }
}

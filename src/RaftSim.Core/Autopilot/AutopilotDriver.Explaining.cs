namespace RaftSim.Autopilot;

// Why things are as they are. Decides nothing and changes nothing: it plans the next round as Act does, with the same
// functions, and tells what comes of it.
public sealed partial class AutopilotDriver
{
    /// <summary>
    /// Says how autopilot sees every server now, and what it would do if the next round were now and every action of it
    /// succeeded. Events are not in it: whoever takes them has them.
    /// </summary>
    /// <param name="view">What is known now.</param>
    /// <param name="now">The time.</param>
    public AutopilotExplanation Explain(AutopilotInputs view, MonoTime now)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!IsRunning)
        {
            return new() { Time = view.Now, Problem = "autopilot does not run yet on this leader" };
        }

        AutopilotInputs inputs = Complete(view, _stateLogEnd, []);
        AutopilotState? state = BroughtUpTo(inputs);
        Outlook outlook = Foresee(inputs, state);
        return new()
        {
            Time = view.Now,
            FirstStateTime = State?.FirstStateTime ?? WallTime.None,
            StateTime = _stateTime,
            NextRound = After(MonoTime.Max(now, _nextReconcile) - now, view.Now),
            Problem = ProblemOf(inputs, outlook),
            Servers = state is null
                ? []
                : [.. state.Servers.Select(server => Explain(inputs, server, outlook.Of(server.Server.Id)))],
        };
    }

    private static ServerExplanation Explain(AutopilotInputs inputs, AutopilotServerState server, string outlook) => new()
    {
        Id = server.Server.Id,
        Name = server.Server.Name,
        Address = server.Server.Address,
        State = server.State,
        Health = server.Health,
        HealthReason = AutopilotEngine.ExplainHealth(inputs, server),
        Outlook = outlook.Length > 0 ? outlook : "nothing to do",
    };

    private static string ProblemOf(AutopilotInputs inputs, Outlook outlook)
    {
        if (inputs.Config is null)
        {
            return "there is no autopilot configuration yet";
        }

        return inputs.ReconciliationEnabled ? outlook.Error : "reconciliation is off";
    }

    private Outlook Foresee(AutopilotInputs inputs, AutopilotState? state)
    {
        Outlook outlook = new();
        if (_inFlight is { } action)
        {
            outlook.Add(action.Server, $"{Words(action.Kind).Doing} {NameOf(action)}: {action.Reason}");
        }

        ReconcilePlan changes = AutopilotEngine.Reconcile(inputs, state, _promoter);
        AutopilotInputs changed = Foresee(changes, inputs, state, outlook);
        outlook.Error = changes.Error;
        ForeseeRemovals(changed, outlook);
        ForeseePromotions(inputs, state, outlook);
        return outlook;
    }

    // A dead server that no plan names is kept all the same, and not by oversight.
    private void ForeseeRemovals(AutopilotInputs inputs, Outlook outlook)
    {
        AutopilotState? state = BroughtUpTo(inputs);
        Foresee(OnlyShown(AutopilotEngine.PruneDeadServers(inputs, state, _promoter)), inputs, state, outlook);
        if (state is null || !inputs.ReconciliationEnabled || inputs.Config is not { } config)
        {
            return;
        }

        string why = config.CleanupDeadServers ? "the policy spares it" : "the clean-up of dead servers is off";
        DeadServers dead = AutopilotEngine.ClassifyDead(inputs.RaftServers, inputs.KnownServers);
        SortedSet<ServerId> ids =
            [.. dead.StaleNonVoters, .. dead.StaleVoters, .. dead.FailedNonVoters, .. dead.FailedVoters];
        foreach (AutopilotServerState server in state.Servers)
        {
            ServerId id = server.Server.Id;
            if (ids.Contains(id) && outlook.Of(id).Length == 0)
            {
                outlook.Add(id, $"kept {AutopilotEngine.NameOf(server.Server)}: {why}");
            }
        }
    }

    // Whom the policy would promote if every server without a vote had been healthy for ever waits for its health or for
    // its time.
    private void ForeseePromotions(AutopilotInputs inputs, AutopilotState? state, Outlook outlook)
    {
        if (state is null || inputs.Config is not { } config)
        {
            return;
        }

        AutopilotState healthy = state with
        {
            Servers = [.. state.Servers.Select(server => server.HasVotingRights
                ? server : server with { Health = new(true, WallTime.None) })],
        };
        Duration least = AutopilotEngine.EffectiveStabilizationTime(config, inputs.Now, state.FirstStateTime);
        foreach (AutopilotAction action in AutopilotEngine.Reconcile(inputs, healthy, _promoter).Actions)
        {
            if (action.Kind == AutopilotActionKind.Promote && outlook.Of(action.Server).Length == 0
                && state.Find(action.Server) is { Health: var health }
                && !AutopilotEngine.IsStable(health, inputs.Now, least))
            {
                outlook.Add(action.Server, health.Healthy
                    ? $"to be promoted: healthy for {Whole(inputs.Now - health.StableSince)} of {least}"
                    : "to be promoted once it is healthy");
            }
        }
    }

    // One plan, carried out in thought: the view that it would lead to. The policy was asked a moment ago and is not asked again
    // before each action, which would look at the whole cluster each time; but votes are counted again.
    private AutopilotInputs Foresee(ReconcilePlan plan, AutopilotInputs inputs, AutopilotState? state, Outlook outlook)
    {
        foreach (AutopilotRefusal refusal in plan.Refusals)
        {
            outlook.Add(refusal.Server, refusal.Reason);
        }

        // A plan may list a server twice, and what is under way is told already.
        SortedSet<ServerId> seen = _inFlight is null ? [] : [_inFlight.Server];
        SortedDictionary<ServerId, RaftSuffrage?> changes = [];
        var servers = new ById<AutopilotServerState>(state?.Servers ?? [], static server => server.Server.Id);
        VoteCount votes = VoteCount.Of(inputs, state);
        foreach (AutopilotAction action in plan.Actions)
        {
            if (!seen.Add(action.Server) || !servers.TryFind(action.Server, out AutopilotServerState? server))
            {
                continue;
            }

            string why = WhyNotForeseen(action, server, inputs, votes);
            string toDo = $"{Words(action.Kind).Do} {NameOf(action)}";
            if (why.Length > 0)
            {
                outlook.Add(action.Server, $"does not {toDo}: {why}");
                continue;
            }

            outlook.Add(action.Server, $"is to {toDo} in the next round: {action.Reason}");
            if (action.Kind != AutopilotActionKind.TransferLeadership)
            {
                RaftSuffrage? suffrage = action.Kind switch
                {
                    AutopilotActionKind.Promote => RaftSuffrage.Voter,
                    AutopilotActionKind.Demote => RaftSuffrage.NonVoter,
                    _ => null,
                };
                changes[action.Server] = suffrage;
                int vote = (suffrage == RaftSuffrage.Voter ? 1 : 0) - (server.HasVotingRights ? 1 : 0);
                votes = votes.With(vote, server.Server.NodeStatus == NodeStatus.Alive, server.Health.Healthy);
            }
        }

        return After(changes, inputs);
    }

    private static string WhyNotForeseen(
        AutopilotAction action, AutopilotServerState server, AutopilotInputs inputs, VoteCount votes) => action.Kind switch
        {
            AutopilotActionKind.Promote => "",
            AutopilotActionKind.Demote => ActionRecheck.WhyNotDemoted(server, votes),
            AutopilotActionKind.TransferLeadership => ActionRecheck.WhyNotLeader(inputs, server),
            _ when server.State == RaftState.Leader => "it leads",
            _ => server.HasVotingRights ? votes.WhyNotRemoved(inputs.Config!.MinQuorum) : "",
        };

    // Who is to have no suffrage goes.
    private static AutopilotInputs After(SortedDictionary<ServerId, RaftSuffrage?> changes, AutopilotInputs inputs)
    {
        var servers = new List<RaftServer>(inputs.RaftServers.Count);
        foreach (RaftServer server in inputs.RaftServers)
        {
            if (!changes.TryGetValue(server.Id, out RaftSuffrage? suffrage))
            {
                servers.Add(server);
            }
            else if (suffrage is { } changed)
            {
                servers.Add(server with { Suffrage = changed });
            }
        }

        return inputs with { RaftServers = servers };
    }

    // An interval may be longer than the clock can tell.
    private static WallTime After(Duration span, WallTime time) =>
        new((long)Int128.Min((Int128)time.UnixNanos + span.Nanos, long.MaxValue));

    // To the second: nobody reads the rest.
    private static Duration Whole(Duration span) => Duration.Seconds(span.Nanos / Duration.Seconds(1).Nanos);

    // What there is to say of each server, in the order in which it came up.
    private sealed class Outlook
    {
        private readonly SortedDictionary<ServerId, string> _lines = [];

        public string Error { get; set; } = "";

        public string Of(ServerId server) => _lines.GetValueOrDefault(server, "");

        public void Add(ServerId server, string line) =>
            _lines[server] = _lines.TryGetValue(server, out string? before) ? $"{before}; {line}" : line;
    }
}

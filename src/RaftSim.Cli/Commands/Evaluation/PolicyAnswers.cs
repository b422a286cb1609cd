using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>
/// What the whole policy makes of a cluster: zones, read replicas, versions. A line is what <c>GET …/autopilot/state</c> answers,
/// here or in Consul, with the settings beside it under <c>config</c>. Health is taken as it is told.
/// </summary>
internal static class PolicyAnswers
{
    private static readonly AutopilotPromoter _policy = new();

    private static readonly Words<UpgradeStatus> _statuses = new(
        ("idle", UpgradeStatus.Idle),
        ("await-new-voters", UpgradeStatus.AwaitNewVoters),
        ("promoting", UpgradeStatus.Promoting),
        ("demoting", UpgradeStatus.Demoting),
        ("leader-transfer", UpgradeStatus.LeaderTransfer),
        ("await-new-servers", UpgradeStatus.AwaitNewServers),
        ("await-server-removal", UpgradeStatus.AwaitServerRemoval),
        ("disabled", UpgradeStatus.Disabled));

    /// <summary>What it knows, wants and refuses, and why; the calls of a round of changes and of one of removals.</summary>
    public static string Policy(Given input, Utf8JsonWriter json)
    {
        IReadOnlyList<AutopilotServerState> servers = GivenServers.ById(input["Servers"], Server);
        AutopilotInputs inputs = Inputs(input, servers);
        AutopilotState state = _policy.Extend(inputs, Summary(inputs, servers));
        PromoterChanges changes = _policy.Decide(inputs, state);
        ReconcilePlan round = AutopilotEngine.Reconcile(inputs, state, _policy);
        ReconcilePlan removals = AutopilotEngine.PruneDeadServers(inputs, state, _policy);

        json.WriteStartObject();
        WriteState(json, state);
        json.WriteIds("promotions", changes.Promotions);
        json.WriteIds("demotions", changes.Demotions);
        json.WriteString("leader", changes.Leader.ToString());
        WriteTexts(json, "reasons", [.. round.Actions, .. removals.Actions], action => (action.Server, action.Reason));
        WriteTexts(json, "refusals", [.. round.Refusals, .. removals.Refusals], refusal => (refusal.Server, refusal.Reason));
        PlannedCalls.Write(json, round, state, input["fails_with"]);
        PlannedCalls.Write(json, removals, state, input["fails_with"], "removals");
        json.WriteEndObject();
        return round.Error;
    }

    private static AutopilotServerState Server(ServerId id, Given server)
    {
        return new()
        {
            Server = new()
            {
                Id = GivenServers.SameId(id, server["ID"]),
                Name = server["Name"].Text(),
                Address = new(server["Address"].Text()),
                NodeStatus = GivenServers.Status(server["NodeStatus"]),
                Version = server["Version"].Text(),
                Meta = Tags(server),
            },
            State = GivenServers.States.Read(server["Status"]),
            Stats = GivenServers.Stats(server),
            Health = new(server["Healthy"].Flag(), server["StableSince"].Moment()),
        };
    }

    // Consul has names of its own for the tags, and tells what they stand for beside them.
    private static SortedDictionary<string, string> Tags(Given server)
    {
        SortedDictionary<string, string> tags = new(StringComparer.Ordinal);
        foreach ((string tag, string value) in GivenServers.Tags(server["Meta"]))
        {
            tags.Add(tag, value);
        }

        Tell(ServerTraits.ZoneTag, server["RedundancyZone"].Text());
        Tell(ServerTraits.VersionTag, server["UpgradeVersion"].Text());
        Tell(ServerTraits.NonVoterTag, server["ReadReplica"].Flag() ? "1" : "");
        return tags;

        void Tell(string tag, string value)
        {
            if (value.Length > 0)
            {
                tags.TryAdd(tag, value);
            }
        }
    }

    // Without a moment whoever is healthy is stable: as in the first moments of a leader.
    private static AutopilotInputs Inputs(Given input, IReadOnlyList<AutopilotServerState> servers)
    {
        Given now = input["Now"];
        WallTime time = now.IsMissing ? servers.Select(server => server.Health.StableSince).DefaultIfEmpty().Max() : now.Moment();
        AutopilotConfig ofState = AutopilotConfig.Default with
        {
            EnableRedundancyZones = input["RedundancyZones"].Members().Count > 0,
        };
        return GivenConfig.Inputs(GivenConfig.Over(ofState, input["config"]), input) with
        {
            Now = time,
            FirstStateTime = now.IsMissing ? time : WallTime.None,
            RaftServers = [.. servers.Select(server => new RaftServer(server.Server.Id, server.Server.Address, server.State switch
            {
                RaftState.Leader or RaftState.Voter => RaftSuffrage.Voter,
                RaftState.Staging => RaftSuffrage.Staging,
                _ => RaftSuffrage.NonVoter,
            }))],
            KnownServers = [.. servers.Select(server => server.Server)],
            Leader = servers.FirstOrDefault(server => server.State == RaftState.Leader)?.Server.Id ?? default,
        };
    }

    private static AutopilotState Summary(AutopilotInputs inputs, IReadOnlyList<AutopilotServerState> servers)
    {
        AutopilotServerState[] voters = [.. servers.Where(server => server.HasVotingRights)];
        Array.Sort(voters, AutopilotEngine.CompareVoters);
        return new()
        {
            FirstStateTime = inputs.FirstStateTime,
            Healthy = servers.All(server => server.Health.Healthy),
            FailureTolerance = AutopilotEngine.FailureTolerance(voters.Length, voters.Count(server => server.Health.Healthy)),
            Leader = inputs.Leader,
            Voters = [.. voters.Select(server => server.Server.Id)],
            Servers =
            [
                .. servers.Select(server => server with
                {
                    Server = server.Server with { NodeType = _policy.Classify(inputs, server) },
                }),
            ],
        };
    }

    private static void WriteState(Utf8JsonWriter json, AutopilotState state)
    {
        json.WriteNumber("failure_tolerance", state.FailureTolerance);
        json.WriteNumber("optimistic_failure_tolerance", state.OptimisticFailureTolerance);
        WriteTypes(json, state.Servers.Select(server => server.Server));
        json.WriteStartObject("zones");
        foreach (RedundancyZone zone in state.RedundancyZones)
        {
            json.WriteStartObject(zone.Name);
            json.WriteIds("servers", zone.Servers);
            json.WriteIds("voters", zone.Voters);
            json.WriteNumber("failure_tolerance", zone.FailureTolerance);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("upgrade_status", _statuses.Of(state.Upgrade!.Status));
        json.WriteString("target_version", state.Upgrade.TargetVersion);
    }

    /// <summary>Writes what kind of server each is.</summary>
    public static void WriteTypes(Utf8JsonWriter json, IEnumerable<AutopilotServer> servers)
    {
        json.WriteStartObject("node_types");
        foreach (AutopilotServer server in servers)
        {
            json.WriteString(server.Id.ToString(), GivenServers.Types.Of(server.NodeType));
        }

        json.WriteEndObject();
    }

    private static void WriteTexts<T>(
        Utf8JsonWriter json, string name, IReadOnlyList<T> told, Func<T, (ServerId Server, string Text)> textOf)
    {
        json.WriteStartArray(name);
        foreach (T one in told)
        {
            (ServerId server, string text) = textOf(one);
            json.WriteStartObject();
            json.WriteString("id", server.ToString());
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

namespace RaftSim.Autopilot;

/// <summary>A server as the policy sees it.</summary>
/// <param name="Position">Where it stands in the list of the state.</param>
/// <param name="State">What autopilot knows of it.</param>
/// <param name="Zone">Its zone; empty for none.</param>
/// <param name="Version">The version that upgrades go by.</param>
/// <param name="IsReplica">Whether it is never to vote.</param>
/// <param name="IsStable">Whether it has been healthy for long enough to be given a vote.</param>
internal sealed record PolicyServer(
    int Position, AutopilotServerState State, string Zone, UpgradeVersion Version, bool IsReplica, bool IsStable)
{
    /// <summary>Whether it runs the newest version of all, for all that is known.</summary>
    public bool IsTarget { get; set; }

    public ServerId Id => State.Server.Id;

    public string Name => AutopilotEngine.NameOf(State.Server);

    public bool Votes => State.HasVotingRights;

    public bool IsHealthy => State.Health.Healthy;

    public bool IsLeader => State.State == RaftState.Leader;

    public bool IsAlive => State.Server.NodeStatus == NodeStatus.Alive;

    /// <summary>
    /// Whether it has told of itself: a new leader hears the tags and versions of the others only after a while. Until then
    /// nothing is decided by what they do not say.
    /// </summary>
    public bool IsKnown => State.Server.Version.Length > 0;

    /// <summary>Whether a vote may be given to it now.</summary>
    public bool IsCandidate => State.State == RaftState.NonVoter && IsStable && IsKnown;
}

/// <summary>All servers of a state as the policy sees them, in the order of voters, best first.</summary>
internal sealed class PolicyView
{
    private PolicyView(AutopilotConfig config, IReadOnlyList<PolicyServer> servers, UpgradeVersion? target)
    {
        Config = config;
        Servers = servers;
        Target = target;
    }

    public AutopilotConfig Config { get; }

    public IReadOnlyList<PolicyServer> Servers { get; }

    /// <summary>The newest version; <see langword="null"/> without servers.</summary>
    public UpgradeVersion? Target { get; }

    public PolicyServer? Leader => Servers.Count > 0 && Servers[0].IsLeader ? Servers[0] : null;

    /// <summary>Those that may vote: all but read replicas.</summary>
    public IEnumerable<PolicyServer> Eligible => Servers.Where(static server => !server.IsReplica);

    /// <summary>Those of them that have a zone, zone by zone in ordinal order of the names, each in the order given.</summary>
    public static IEnumerable<IGrouping<string, PolicyServer>> ByZone(IEnumerable<PolicyServer> servers) => servers
        .Where(static server => server.Zone.Length > 0)
        .GroupBy(static server => server.Zone, StringComparer.Ordinal)
        .OrderBy(static zone => zone.Key, StringComparer.Ordinal);

    public static PolicyView Of(AutopilotInputs inputs, AutopilotConfig config, AutopilotState state)
    {
        Duration stabilization = AutopilotEngine.EffectiveStabilizationTime(config, inputs.Now, state.FirstStateTime);
        var servers = new PolicyServer[state.Servers.Count];
        UpgradeVersion? target = null;
        var versions = new SortedDictionary<string, UpgradeVersion>(StringComparer.Ordinal);
        for (int i = 0; i < servers.Length; i++)
        {
            AutopilotServerState server = state.Servers[i];
            // Many servers run one of a few.
            string text = ServerTraits.VersionTextOf(server.Server, config);
            if (!versions.TryGetValue(text, out UpgradeVersion? version))
            {
                version = UpgradeVersion.Parse(text);
                versions.Add(text, version);
                bool isNewer = target is null || UpgradeVersion.Compare(version, target) > 0;
                target = isNewer && text.Length > 0 ? version : target;
            }

            servers[i] = new(
                i,
                server,
                ServerTraits.ZoneOf(server.Server, config),
                version,
                ServerTraits.IsReadReplica(server.Server),
                AutopilotEngine.IsStable(server.Health, inputs.Now, stabilization));
        }

        for (int i = 0; i < servers.Length; i++)
        {
            servers[i].IsTarget = !servers[i].IsKnown || UpgradeVersion.Compare(servers[i].Version, target!) == 0;
        }

        Array.Sort(servers, static (left, right) => AutopilotEngine.CompareVoters(left.State, right.State));
        return new(config, servers, target);
    }
}

namespace RaftSim.Raft;

/// <summary>
/// What a change makes of a configuration. Pure. Whether the moment is right (leader, no other change under way, caught
/// up) is not decided here. Source: dissertation §4.1, single-server changes.
/// </summary>
internal static class ConfigurationRules
{
    /// <summary>
    /// Applies a change that is to be appended at index <paramref name="at"/>. <paramref name="changed"/> is the new
    /// configuration when the result is <see cref="ProposeResult.Accepted"/>, and the old one otherwise. Throws
    /// <see cref="ArgumentException"/> when the change names no server, or an addition no address.
    /// </summary>
    public static ProposeResult Apply(
        Configuration configuration, in ConfigurationChange change, LogIndex at, out Configuration changed)
    {
        if (change.Server.IsNone)
        {
            throw new ArgumentException("a change names a server", nameof(change));
        }

        changed = configuration;
        int i = configuration.IndexOf(change.Server);
        if (change.Kind == ConfigurationChangeKind.AddNonVoter)
        {
            return Add(configuration, change, at, i, ref changed);
        }

        if (i < 0)
        {
            return ProposeResult.UnknownServer;
        }

        bool isVoter = configuration.Servers[i].Suffrage == Suffrage.Voter;
        bool isLastVoter = isVoter && configuration.VoterCount == 1;
        switch (change.Kind)
        {
            case ConfigurationChangeKind.Promote when isVoter:
            case ConfigurationChangeKind.Demote when !isVoter:
                return ProposeResult.NoChange;
            case ConfigurationChangeKind.Demote or ConfigurationChangeKind.Remove when isLastVoter:
                return ProposeResult.LastVoter;
            case ConfigurationChangeKind.Promote:
                changed = With(configuration, i, configuration.Servers[i] with { Suffrage = Suffrage.Voter });
                return ProposeResult.Accepted;
            case ConfigurationChangeKind.Demote:
                changed = With(configuration, i, configuration.Servers[i] with { Suffrage = Suffrage.NonVoter });
                return ProposeResult.Accepted;
            case ConfigurationChangeKind.Remove:
                changed = new Configuration([.. configuration.Servers[..i], .. configuration.Servers[(i + 1)..]]);
                return ProposeResult.Accepted;
            default:
                throw new ArgumentException($"{change.Kind} is no kind of change", nameof(change));
        }
    }

    private static ProposeResult Add(
        Configuration configuration, in ConfigurationChange change, LogIndex at, int present, ref Configuration changed)
    {
        if (change.Address.IsNone)
        {
            throw new ArgumentException($"{change.Server} is added without an address", nameof(change));
        }

        for (int i = 0; i < configuration.Servers.Length; i++)
        {
            if (i != present && configuration.Servers[i].Address == change.Address)
            {
                return ProposeResult.AlreadyPresent;
            }
        }

        if (present >= 0)
        {
            ConfiguredServer server = configuration.Servers[present];
            if (server.Disk != change.Disk)
            {
                // Its old disk may have voted and acknowledged: it must be removed before it comes back as another one.
                return ProposeResult.AlreadyPresent;
            }

            if (server.Address == change.Address)
            {
                return ProposeResult.NoChange;
            }

            changed = With(configuration, present, server with { Address = change.Address });
            return ProposeResult.Accepted;
        }

        if (configuration.Servers.Length >= Limits.ConfigurationServersMax)
        {
            return ProposeResult.TooManyServers;
        }

        var added = new ConfiguredServer(change.Server, change.Address, change.Disk, Suffrage.NonVoter, at);
        changed = new Configuration([.. configuration.Servers, added]);
        return ProposeResult.Accepted;
    }

    private static Configuration With(Configuration configuration, int position, in ConfiguredServer server)
    {
        ConfiguredServer[] servers = configuration.Servers.ToArray();
        servers[position] = server;
        return new Configuration(servers);
    }
}

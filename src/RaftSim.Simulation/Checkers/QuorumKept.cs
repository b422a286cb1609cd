using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Autopilot never loses a quorum by what it does itself: when a majority of the voters is there before a removal, a promotion
/// or a demotion, one is there behind it. There is who runs, or was heard lately by the leader, which cannot know better.
/// </summary>
/// <param name="contacts">Who has heard from whom.</param>
/// <param name="census">Who runs.</param>
internal sealed class QuorumKept(Contacts contacts, Census census) : IChecker
{
    private readonly AutopilotActs _acts = new(contacts);

    /// <inheritdoc/>
    public string Name => "quorum-kept";

    /// <inheritdoc/>
    public void Raised(int server, in ServerEvent raised) => _acts.Raised(server, raised);

    /// <inheritdoc/>
    public void Stopped(int server) => _acts.Stopped(server);

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        AutopilotAct act = _acts.Take(observation, out ConfiguredServer subject);
        if (act == AutopilotAct.None)
        {
            return;
        }

        Configuration before = observation.Before.Configuration;
        Configuration after = observation.Now.Configuration;
        int left = Present(observation, after);
        if (Present(observation, before) >= before.Quorum && left < after.Quorum)
        {
            throw new ViolationException(Name, $"the autopilot of server {observation.Server}, leader of term "
                + $"{observation.Now.Term}, lost the quorum by the {act} of {subject.Id}: {left} of {after.VoterCount} voters "
                + "are there");
        }
    }

    private int Present(in ServerObservation observation, Configuration configuration)
    {
        int present = 0;
        foreach (ConfiguredServer server in configuration.Servers)
        {
            bool isThere = server.Suffrage == Suffrage.Voter
                && (census.IsUp(server) || contacts.IsAlive(observation.Server, observation.Now.Self, server));
            present += isThere ? 1 : 0;
        }

        return present;
    }
}

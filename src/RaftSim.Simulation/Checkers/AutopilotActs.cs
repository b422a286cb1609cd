using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>What an autopilot has done to a configuration.</summary>
internal enum AutopilotAct : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A server was removed.</summary>
    Removal,

    /// <summary>A server was given a vote.</summary>
    Promotion,

    /// <summary>A server has lost its vote.</summary>
    Demotion,
}

/// <summary>Tells changes of a configuration that an autopilot has made from those that others have.</summary>
/// <param name="contacts">For the time of each server.</param>
internal sealed class AutopilotActs(Contacts contacts)
{
    // By server: whom its autopilot has said, in the step under way, that it removes, promotes or demotes.
    private readonly SortedDictionary<int, (ServerId Subject, MonoTime At)> _acts = [];

    /// <summary>A server tells something.</summary>
    public void Raised(int server, in ServerEvent raised)
    {
        bool isAct = raised.Kind == ServerEventKind.Autopilot
            && (raised.Text.StartsWith("removing ", StringComparison.Ordinal)
                || raised.Text.StartsWith("promoting ", StringComparison.Ordinal)
                || raised.Text.StartsWith("demoting ", StringComparison.Ordinal));
        if (isAct)
        {
            _acts[server] = (raised.Subject, contacts.Look(server).Now);
        }
    }

    /// <summary>A server has stopped.</summary>
    public void Stopped(int server) => _acts.Remove(server);

    /// <summary>What the autopilot of a leader has just done, and to whom as it was before.</summary>
    public AutopilotAct Take(in ServerObservation observation, out ConfiguredServer subject)
    {
        subject = default;
        bool hasChanged = observation.Now.Role == RaftRole.Leader
            && observation.Before.ConfigurationIndex != observation.Now.ConfigurationIndex;
        if (!hasChanged || !_acts.Remove(observation.Server, out (ServerId Subject, MonoTime At) act)
            || act.At != contacts.Look(observation.Server).Now
            || !observation.Before.Configuration.TryFind(act.Subject, out subject))
        {
            return AutopilotAct.None;
        }

        bool stays = observation.Now.Configuration.TryFind(act.Subject, out ConfiguredServer now);
        return (stays, subject.Suffrage, now.Suffrage) switch
        {
            (false, _, _) => AutopilotAct.Removal,
            (_, Suffrage.NonVoter, Suffrage.Voter) => AutopilotAct.Promotion,
            (_, Suffrage.Voter, Suffrage.NonVoter) => AutopilotAct.Demotion,
            _ => AutopilotAct.None,
        };
    }
}

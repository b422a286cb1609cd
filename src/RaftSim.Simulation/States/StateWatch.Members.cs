using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.States;

// Who comes and goes, by the configurations and by what leaders tell.
internal sealed partial class StateWatch
{
    // Disks that a leader has taken out of the configuration.
    private readonly Lookup<DiskId, bool> _removed = new();

    private void LookAtConfiguration(in ServerObservation seen)
    {
        Configuration before = seen.Before.Configuration;
        Configuration members = seen.Now.Configuration;
        Mark(SimState.TwoVoters, servers > 2 && members.VoterCount == 2);
        Mark(SimState.OneVoter, servers > 1 && members.VoterCount == 1);
        if (seen.Now.Role != RaftRole.Leader)
        {
            return;
        }

        Mark(SimState.LeaderWithoutVote, !members.IsVoter(seen.Now.Self));
        foreach (ConfiguredServer server in before.Servers)
        {
            if (!members.TryFind(server.Id, out ConfiguredServer stays) || stays.Disk != server.Disk)
            {
                _removed.Add(server.Disk, true);
            }
        }

        foreach (ConfiguredServer server in members.Servers)
        {
            Mark(SimState.RemovedComesBack, !before.Contains(server.Id) && _removed.Contains(server.Disk));
        }
    }

    /// <inheritdoc/>
    public void Raised(int server, in ServerEvent raised)
    {
        switch (raised.Kind)
        {
            case ServerEventKind.Membership:
                TellMembership(raised);
                break;
            case ServerEventKind.Autopilot:
                TellAutopilot(raised.Text);
                TellPolicy(raised.Text);
                LookAtUpgrade(server);
                break;
            case ServerEventKind.HealthChanged:
                LookAtUpgrade(server);
                break;
            case ServerEventKind.Refused:
                Mark(SimState.FormerSelfAnswers, Has(raised.Text, " is not let in while "));
                break;
            case ServerEventKind.Snapshot:
                TellSnapshot(_seats[server], raised.Text);
                break;
            case ServerEventKind.Disk:
                TellDisk(_seats[server], raised.Text);
                break;
            case ServerEventKind.Fatal:
                GivesUp(_seats[server]);
                break;
        }
    }

    private void TellMembership(in ServerEvent raised)
    {
        if (Has(raised.Text, "with another data folder"))
        {
            bool isSameId = raised.Text.StartsWith(raised.Subject.Value, StringComparison.Ordinal);
            Mark(isSameId ? SimState.OldIdNewDisk : SimState.FormerSelfRemoved);
        }

        Mark(SimState.CountsAsFailed, Has(raised.Text, ": it counts as failed"));
        Mark(SimState.AnswersAgain, Has(raised.Text, " answers again"));
    }

    private void TellAutopilot(string text)
    {
        Mark(SimState.NonVoterPromoted, text.StartsWith("promoted ", StringComparison.Ordinal));
        Mark(SimState.FailedRemoved, text.StartsWith("removed failed ", StringComparison.Ordinal));
        Mark(SimState.ActionFailed, text.StartsWith("could not ", StringComparison.Ordinal));
        Mark(SimState.ActionDropped, text.StartsWith("did not ", StringComparison.Ordinal));
        Mark(SimState.RemovalAgainstMinQuorum, Has(text, "fewer than MinQuorum"));
        Mark(SimState.RemovalNotShown, Has(text, ": no state has shown yet "));
    }

    private void TellSnapshot(Seat seat, string text)
    {
        Mark(SimState.SnapshotWithoutSpace, Has(text, ": the disk is full"));
        Mark(SimState.SnapshotFetchedByNew, seat.BeganEmpty && Has(text, " fetched from the leader: "));
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);
}

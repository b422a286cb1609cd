using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A leader has the votes of a majority of its voters, each given for it in its term and by the disk that the configuration
/// names (dissertation §3.4). Whether a second leader then comes of it is another matter, and seldom: this sees the cause.
/// </summary>
public sealed class ElectedByMajority : IChecker
{
    private readonly SortedDictionary<Term, List<Grant>> _grants = [];

    /// <inheritdoc/>
    public string Name => "elected-by-majority";

    /// <inheritdoc/>
    public void Sent(int server, in Envelope envelope)
    {
        ref readonly RaftMessage vote = ref envelope.Message.Raft;
        if (vote.Kind == RaftMessageKind.VoteReply && !vote.Reject)
        {
            if (!_grants.TryGetValue(vote.Term, out List<Grant>? grants))
            {
                _grants[vote.Term] = grants = [];
            }

            grants.Add(new Grant(vote.From, envelope.FromDisk, vote.To));
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (!observation.BecameLeader)
        {
            return;
        }

        ref readonly RaftStatus now = ref observation.Now;
        _grants.TryGetValue(now.Term, out List<Grant>? grants);
        int votes = 0;
        foreach (ConfiguredServer voter in now.Configuration.Servers)
        {
            bool hasGranted = voter.Id == now.Self
                ? now.Vote == now.Self && voter.Disk == observation.Disk
                : grants?.Contains(new Grant(voter.Id, voter.Disk, now.Self)) == true;
            votes += voter.Suffrage == Suffrage.Voter && hasGranted ? 1 : 0;
        }

        if (votes < now.Configuration.Quorum)
        {
            throw new ViolationException(Name, $"server {observation.Server} leads term {now.Term} with {votes} votes of "
                + $"{now.Configuration.VoterCount} voters");
        }
    }

    private readonly record struct Grant(ServerId Voter, DiskId Disk, ServerId Candidate);
}

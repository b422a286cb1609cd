using System.Text;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Moves leadership from whoever leads to the next server, while callers ask for more than the leader can do at once.
/// </summary>
internal sealed class LoadedTransfer(SimWorld world)
{
    private const int CallersMax = 64;
    private static readonly Duration _pause = Duration.Milliseconds(100);

    private readonly SimRequest?[] _load = new SimRequest?[CallersMax];
    private SimRequest? _transfer;
    private int _target;
    private Term _next;

    /// <summary>What became of the last try; <see langword="null"/> while it is under way.</summary>
    public ServerReply? Reply => _transfer?.Reply;

    /// <summary>Whether the last try has come to nothing.</summary>
    public bool IsRefused => _transfer?.Reply is ErrorReply;

    /// <summary>Asks for what is due; whether the target leads in the very next term, and that has been told.</summary>
    public bool IsMoved()
    {
        Load();
        if (Reply is TransferLeadershipReply && world.Status(_target) is { Role: RaftRole.Leader } status && status.Term == _next)
        {
            return true;
        }

        bool isDue = _transfer is not { IsOver: false } && world.Now >= (_transfer?.AnsweredAt ?? Duration.Zero) + _pause;
        if (isDue && world.Leader is int leader)
        {
            _target = Next(leader);
            _next = world.Status(leader).Term.Next;
            _transfer = world.Request(leader, new TransferLeadershipRequest(null, SimWorld.AddressOf(_target).Value));
        }

        return false;
    }

    // In a world of voters only that is the next one, whatever has become of its vote.
    private int Next(int leader)
    {
        int next = (leader + 1) % world.ServerCount;
        for (int i = 1; world.IsShaped && i < world.ServerCount; i++)
        {
            int server = (leader + i) % world.ServerCount;
            if (world.IsHere(server) && world.Status(leader).Configuration.IsVoter(world.Status(server).Self))
            {
                return server;
            }
        }

        return next;
    }

    // One more at a time, so that hardly ever everything that was asked is done.
    private void Load()
    {
        int free = Array.FindIndex(_load, request => request is not { IsOver: false });
        if (free >= 0 && world.Leader is int leader)
        {
            _load[free] = world.Propose(leader, Encoding.UTF8.GetBytes($"load {world.Requests.Count}"));
        }
    }
}

using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>A running server as the world sees it.</summary>
/// <param name="Now">Its clock.</param>
/// <param name="Wall">Its wall clock.</param>
/// <param name="Incarnation">Which life of it.</param>
/// <param name="FailureTimeout">After which silence it takes others for failed.</param>
/// <param name="State">Its autopilot's latest state.</param>
internal readonly record struct ServerSight(
    MonoTime Now, WallTime Wall, int Incarnation, Duration FailureTimeout, AutopilotState? State);

/// <summary>Who has heard from whom, and when, by what the world delivered; and since when leaders lead.</summary>
/// <param name="look">Looks at a running server, by its number.</param>
/// <param name="stateOf">
/// What the autopilot of a leader would go by at this moment; <see langword="null"/>: its latest state.
/// </param>
internal sealed class Contacts(Func<int, ServerSight> look, Func<int, AutopilotState?>? stateOf = null)
{
    private readonly PerServer<Ear> _ears = new(_ => new Ear());
    private readonly PerServer<(int Incarnation, Term Term, MonoTime Since)?> _leading = new(_ => null);

    /// <summary>A running server.</summary>
    public ServerSight Look(int server) => look(server);

    /// <summary>The latest state of a leader's autopilot with what it has heard since.</summary>
    public AutopilotState? StateOf(int leader) => stateOf is null ? look(leader).State : stateOf(leader);

    /// <summary>A message is handed to a server. Strangers' and those to a former self of it are no sign of life.</summary>
    public void Deliver(int server, ServerNode node, in Envelope envelope)
    {
        bool isForIt = (envelope.To.IsNone || envelope.To == node.Id) && (envelope.ToDisk.IsNone || envelope.ToDisk == node.Disk);
        bool isOfCluster = envelope.Message.Body is Announcement { IsEmpty: true }
            || (envelope.Cluster == node.Cluster && !node.Cluster.IsNone);
        if (isForIt && isOfCluster)
        {
            Heard(server, envelope.From, envelope.FromDisk);
        }
    }

    /// <summary>A server has heard from another one.</summary>
    public void Heard(int server, ServerId from, DiskId disk)
    {
        ServerSight sight = look(server);
        _ears[server].Hear(sight.Incarnation, disk, from, sight.Now);
    }

    /// <summary>A server leads.</summary>
    public void Leads(int server, Term term)
    {
        ServerSight sight = look(server);
        if (_leading[server] is not { } known || (known.Incarnation, known.Term) != (sight.Incarnation, term))
        {
            _leading[server] = (sight.Incarnation, term, sight.Now);
        }
    }

    /// <summary>
    /// Whether a leader may take a server for alive: itself, everybody at first, and whoever was heard lately, at that disk.
    /// </summary>
    public bool IsAlive(int leader, ServerId self, in ConfiguredServer server)
    {
        ServerSight sight = look(leader);
        return server.Id == self
            || (_leading[leader] is { } leading && sight.Now - leading.Since <= sight.FailureTimeout)
            || (_ears[leader].Find(sight.Incarnation, server.Disk) is { } heard
                && heard.From == server.Id && sight.Now - heard.At <= sight.FailureTimeout);
    }

    // Whom one server has heard in its present life, by the folder of who was heard, which stands for its id.
    private sealed class Ear
    {
        private readonly Lookup<DiskId, Voice> _voices = new();
        private int _incarnation;

        // Followers hear hardly anybody but their leader.
        private Voice? _last;

        public void Hear(int incarnation, DiskId disk, ServerId from, MonoTime at)
        {
            Begin(incarnation);
            if (_last is null || _last.Disk != disk)
            {
                _last = _voices.TryFind(disk, out Voice voice) ? voice : _voices[disk] = new Voice(disk);
            }

            _last.From = from;
            _last.At = at;
        }

        public Voice? Find(int incarnation, DiskId disk)
        {
            Begin(incarnation);
            return _voices.TryFind(disk, out Voice voice) ? voice : null;
        }

        private void Begin(int incarnation)
        {
            if (_incarnation != incarnation)
            {
                (_incarnation, _last) = (incarnation, null);
                _voices.Clear();
            }
        }
    }

    private sealed class Voice(DiskId disk)
    {
        public DiskId Disk { get; } = disk;

        public ServerId From { get; set; }

        public MonoTime At { get; set; }
    }
}

using RaftSim.Raft;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.States;

/// <summary>
/// Notes which states of the catalogue a world has reached. It watches as checkers do, and never complains: a campaign does
/// that has never seen one of them.
/// </summary>
/// <param name="servers">How many servers there are.</param>
/// <param name="now">The time since the start of the world.</param>
/// <param name="look">Looks at a server that leads; by default nothing of autopilots is seen but what they tell.</param>
/// <remarks>Files: this one keeps what is known of each server; each of the others looks for the states of one concern.</remarks>
internal sealed partial class StateWatch(int servers, Func<Duration> now, Func<int, ServerSight>? look = null) : IChecker
{
    private readonly bool[] _reached = new bool[StatesReached.All.Length];
    private readonly Seat[] _seats = [.. Enumerable.Range(0, servers).Select(_ => new Seat())];

    /// <inheritdoc/>
    public string Name => "states";

    /// <summary>What was reached so far.</summary>
    public StatesReached Reached
    {
        get
        {
            StatesReached reached = default;
            foreach (SimState state in StatesReached.All)
            {
                reached = _reached[(int)state] ? reached.With(state) : reached;
            }

            return reached;
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        Seat seat = _seats[observation.Server];
        RaftChanges changes = observation.Changes;
        if (seat.Incarnation != observation.Incarnation)
        {
            Starts(seat, observation);
        }
        else
        {
            if (observation.ChangedFrom <= seat.LastIndex)
            {
                EndLost(seat, observation);
            }

            if (observation.Now.LogStart.Index != seat.LogStart)
            {
                Mark(SimState.LogEmptied, observation.Now.LogStart.Index == seat.LastIndex);
            }

            if ((changes & RaftChanges.Appended) != RaftChanges.None)
            {
                LookAtAppended(seat, observation);
            }

            if ((changes & RaftChanges.Commit) != RaftChanges.None)
            {
                LookAtCommit(seat, observation);
            }
        }

        if ((changes & (RaftChanges.Role | RaftChanges.Term | RaftChanges.Vote | RaftChanges.Leader)) != RaftChanges.None)
        {
            LookAtElection(seat, observation);
        }

        if ((changes & RaftChanges.Configuration) != RaftChanges.None)
        {
            LookAtConfiguration(observation);
        }

        if ((changes & RaftChanges.Transfer) != RaftChanges.None)
        {
            LookAtTransfer(seat, observation);
        }

        seat.Remember(observation);
    }

    private void Mark(SimState state) => _reached[(int)state] = true;

    private void Mark(SimState state, bool isReached) => _reached[(int)state] |= isReached;

    private Seat? Find(ServerId id)
    {
        foreach (Seat seat in _seats)
        {
            if (seat.Self == id)
            {
                return seat;
            }
        }

        return null;
    }

    // What is known of a server: as of its last step, or, while it is down, as of the last one before.
    private sealed class Seat
    {
        public bool IsUp { get; set; }

        public int Incarnation { get; set; }

        public DiskId Disk { get; private set; }

        public ServerId Self { get; private set; }

        public RaftRole Role { get; private set; }

        public Term Term { get; private set; }

        public ServerId Vote { get; private set; }

        public ServerId Leader { get; private set; }

        public Configuration Configuration { get; private set; } = Configuration.Empty;

        public LogIndex ConfigurationIndex { get; private set; }

        public ServerId TransferTarget { get; private set; }

        public ReplicaLog Log { get; private set; } = new();

        public LogIndex LastIndex { get; private set; }

        public Term LastTerm { get; private set; }

        public LogIndex LogStart { get; private set; }

        public LogIndex Durable { get; private set; }

        public LogIndex Commit { get; private set; }

        /// <summary>Whether it began this life with an empty log.</summary>
        public bool BeganEmpty { get; set; }

        /// <summary>The last term that it led, in which life, and from when to when.</summary>
        public Term Led { get; set; }

        public int LedIn { get; set; }

        public Duration LedFrom { get; set; }

        public Duration LedTo { get; set; }

        /// <summary>The last term in which it has said that it votes for another one.</summary>
        public Term VoteTold { get; set; }

        /// <summary>When an answer to its heartbeats last arrived.</summary>
        public Duration HeardAt { get; set; }

        /// <summary>The snapshot that it fetches or has fetched last, from whom, and up to which chunk it has asked.</summary>
        public LogIndex Fetched { get; set; }

        public ServerId FetchedFrom { get; set; }

        public ulong ChunkAsked { get; set; }

        /// <summary>Requests that it has not answered.</summary>
        public int Open { get; set; }

        /// <summary>Whether its disk has names of files that are not synced.</summary>
        public bool HasNewNames { get; set; }

        public bool Leads => IsUp && Role == RaftRole.Leader;

        public void Remember(in ServerObservation seen)
        {
            RaftChanges changes = seen.Changes;
            if (Incarnation != seen.Incarnation || !IsUp)
            {
                changes = (RaftChanges)(-1);
                Incarnation = seen.Incarnation;
                IsUp = true;
                Self = seen.Now.Self;
                Disk = seen.Disk;
                Log = seen.Log;
            }

            LastIndex = seen.Now.LastIndex;
            LastTerm = seen.Now.LastTerm;
            LogStart = seen.Now.LogStart.Index;
            Durable = seen.Now.DurableIndex;
            Commit = seen.Now.Commit;
            if ((changes & ~(RaftChanges.Appended | RaftChanges.Commit)) == RaftChanges.None)
            {
                return;
            }

            Role = seen.Now.Role;
            Term = seen.Now.Term;
            Vote = seen.Now.Vote;
            Leader = seen.Now.Leader;
            Configuration = seen.Now.Configuration;
            ConfigurationIndex = seen.Now.ConfigurationIndex;
            TransferTarget = seen.Now.TransferTarget;
        }
    }
}

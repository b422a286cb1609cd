using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Faults;

/// <summary>Waits for servers that have just done a certain thing, and strikes then.</summary>
internal interface ILookout
{
    /// <summary>A server has changed.</summary>
    void Notice(in ServerObservation seen);

    /// <summary>What seldom happens by itself is brought about, again and again.</summary>
    void Provoke() { }

    /// <summary>It waits no more.</summary>
    void End();
}

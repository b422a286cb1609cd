namespace RaftSim.Autopilot;

/// <summary>What a server's health check found; the first rule that fails, in this order.</summary>
public enum HealthVerdict : byte
{
    /// <summary>Every rule holds.</summary>
    Healthy,

    /// <summary>Membership does not see it alive.</summary>
    NotAlive,

    /// <summary>There is no leader's log to compare it with.</summary>
    NoReference,

    /// <summary>It has not reported yet.</summary>
    NoReport,

    /// <summary>It never heard from the leader.</summary>
    NeverContacted,

    /// <summary>It has not heard from the leader for longer than the threshold.</summary>
    LastContactTooOld,

    /// <summary>The last entry of its log has another term than the leader's; a higher one is as bad.</summary>
    OtherTerm,

    /// <summary>Its log trails the leader's by more entries than allowed.</summary>
    TooFarBehind,
}

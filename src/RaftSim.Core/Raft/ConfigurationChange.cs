namespace RaftSim.Raft;

/// <summary>What to change about one server of the configuration.</summary>
public enum ConfigurationChangeKind : byte
{
    /// <summary>Add a server without a vote; of a present one with the same disk, change only the address.</summary>
    AddNonVoter,

    /// <summary>Give a present non-voter a vote; refused until it has caught up.</summary>
    Promote,

    /// <summary>Take the vote of a present voter; refused for the last one.</summary>
    Demote,

    /// <summary>Take a server out; refused for the last voter.</summary>
    Remove,
}

/// <summary>A change of a single server. Source: dissertation §4.1: such changes keep any two majorities overlapping.</summary>
/// <param name="Kind">What to change.</param>
/// <param name="Server">Whom it concerns.</param>
/// <param name="Address">For <see cref="ConfigurationChangeKind.AddNonVoter"/>: where it listens.</param>
/// <param name="Disk">For <see cref="ConfigurationChangeKind.AddNonVoter"/>: the identity of its data folder.</param>
public readonly record struct ConfigurationChange(
    ConfigurationChangeKind Kind, ServerId Server, ServerAddress Address = default, DiskId Disk = default);

using RaftSim.Raft;

namespace RaftSim.Runtime;

/// <summary>A server at one moment, for whoever watches it: consistent in itself, and old as soon as it is read.</summary>
public sealed record ServerStatus
{
    /// <summary>Nothing is known: the server has not read its data folder yet.</summary>
    public static ServerStatus Unknown { get; } = new();

    /// <summary>Whether the data folder was read and the server takes part.</summary>
    public bool IsStarted { get; init; }

    /// <summary>Its id.</summary>
    public ServerId Id { get; init; }

    /// <summary>The identity of its data folder.</summary>
    public DiskId Disk { get; init; }

    /// <summary>Its cluster; none before it has joined one.</summary>
    public ClusterId Cluster { get; init; }

    /// <summary>Its role.</summary>
    public RaftRole Role { get; init; }

    /// <summary>Its term.</summary>
    public Term Term { get; init; }

    /// <summary>Who leads in its term, as far as it knows; none if not known.</summary>
    public ServerId Leader { get; init; }

    /// <summary>The place before the first entry of its log; (0, 0) when nothing was compacted.</summary>
    public LogPosition LogStart { get; init; }

    /// <summary>Where its latest snapshot ends; (0, 0) for none.</summary>
    public LogPosition Snapshot { get; init; }

    /// <summary>The last index of its log.</summary>
    public LogIndex LastIndex { get; init; }

    /// <summary>The last index that it knows to be committed.</summary>
    public LogIndex Commit { get; init; }

    /// <summary>The last index that it has applied.</summary>
    public LogIndex Applied { get; init; }

    /// <summary>The index of the latest configuration in its log; 0 for none.</summary>
    public LogIndex ConfigurationIndex { get; init; }

    /// <summary>The latest configuration in its log, committed or not.</summary>
    public Configuration Configuration { get; init; } = Configuration.Empty;
}

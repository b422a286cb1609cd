namespace RaftSim.Server;

/// <summary>The kinds of event.</summary>
public enum ServerEventKind : byte
{
    /// <summary>Not an event.</summary>
    None,

    /// <summary>The data folder was read: the server takes part from now on.</summary>
    Started,

    /// <summary>The server wrote the first configuration of a new cluster.</summary>
    ClusterFormed,

    /// <summary>The server was let into an existing cluster.</summary>
    ClusterJoined,

    /// <summary>The server's role, term or known leader changed.</summary>
    RoleChanged,

    /// <summary>The latest configuration changed on this server.</summary>
    ConfigurationChanged,

    /// <summary>The autopilot configuration was applied.</summary>
    AutopilotConfigChanged,

    /// <summary>On the leader: a server became healthy or unhealthy, or the cluster did.</summary>
    HealthChanged,

    /// <summary>On the leader: the autopilot did something, or says why not.</summary>
    Autopilot,

    /// <summary>On the leader: a server was added, or one was seen to answer or not to answer.</summary>
    Membership,

    /// <summary>A message or a peer was refused, with the reason.</summary>
    Refused,

    /// <summary>A snapshot was taken, restored or fetched from the leader, or could not be.</summary>
    Snapshot,

    /// <summary>The disk is full, or has space again.</summary>
    Disk,

    /// <summary>The server cannot go on: the shell must stop it. The text says why.</summary>
    Fatal,
}

/// <summary>Something that an operator would want to know.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Subject">The server it is about; none if it is this one or the cluster.</param>
/// <param name="Term">The term in which it happened.</param>
public readonly record struct ServerEvent(ServerEventKind Kind, string Text, ServerId Subject = default, Term Term = default);

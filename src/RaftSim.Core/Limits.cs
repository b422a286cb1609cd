namespace RaftSim;

/// <summary>Upper bounds of everything that could otherwise grow without end.</summary>
public static class Limits
{
    /// <summary>Most bytes of one user command: 1 MiB.</summary>
    public const int CommandBytesMax = 1 << 20;

    /// <summary>Most bytes of one encoded message, frame header excluded: 16 MiB. Larger ones are refused unread.</summary>
    public const int MessageBytesMax = 16 << 20;

    /// <summary>Most entries in one Append.</summary>
    public const int AppendEntriesMax = 4_096;

    /// <summary>Most bytes of one frame of the log: 64 MiB. A larger length is damage.</summary>
    public const int LogFrameBytesMax = 64 << 20;

    /// <summary>Most requests of callers that wait on one server; more are refused as busy.</summary>
    public const int PendingRequestsMax = 65_536;

    /// <summary>Most client sessions that are open at a time; more are refused as busy.</summary>
    public const int SessionsMax = 16_384;

    /// <summary>In a client session: a number may be less than this ahead of the oldest that is still open.</summary>
    public const int SessionWindow = 256;

    /// <summary>Most bytes of answers that one client session remembers, besides the newest: 1 MiB.</summary>
    public const int SessionAnswerBytesMax = 1 << 20;

    /// <summary>Most bytes of a server's id in UTF-8.</summary>
    public const int ServerIdBytesMax = 256;

    /// <summary>Most servers in a configuration.</summary>
    public const int ConfigurationServersMax = 1_000;

    /// <summary>Most events of autopilot that a leader remembers; the oldest are forgotten.</summary>
    public const int AutopilotEventsMax = 256;

    /// <summary>Most characters of such an event's text; longer ones are cut.</summary>
    public const int AutopilotEventCharsMax = 1_000;
}

using System.Net;

namespace RaftSim.Runtime;

/// <summary>Settings of a <see cref="TcpTransport"/>.</summary>
public sealed record TcpTransportOptions
{
    /// <summary>Where to listen; port 0 lets the system choose one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Most messages of one lane that wait for one server. Positive; default 4096.</summary>
    public int QueueMessagesMax { get; init; } = 4_096;

    /// <summary>
    /// Most bytes of one lane that wait for one server, except that a single message is always taken. Positive; default
    /// 16 MiB.
    /// </summary>
    public int QueueBytesMax { get; init; } = 16 << 20;

    /// <summary>
    /// Most messages of one lane that wait for a connection; all are dropped if it fails, because what Raft said before is
    /// of no use afterwards. Positive; default 64.
    /// </summary>
    public int ConnectingMessagesMax { get; init; } = 64;

    /// <summary>Longest time to make a connection, handshake included. Positive; default 2 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the other end may leave sent bytes without an acknowledgement, or take nothing at all, before the
    /// connection counts as broken. At least 1 ms; default 5 s.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Pause after a first failure; it doubles with each further one, and up to half of it is left out at random. Positive;
    /// default 50 ms.
    /// </summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between attempts. At least <see cref="BackoffMin"/>; default 2 s.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a server is kept connected to which nothing is sent. Positive; default 5 minutes.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most incoming connections; more are closed at once. Positive; default 1024.</summary>
    public int IncomingMax { get; init; } = 1_024;

    /// <summary>
    /// Most threads that read incoming connections; the other connections are served by the thread pool, which takes
    /// longer. Not negative; default 16, enough for nine servers.
    /// </summary>
    public int ReaderThreadsMax { get; init; } = 16;

    /// <summary>
    /// Throws <see cref="ArgumentException"/> that names the value and the rule when a setting is out of range.
    /// </summary>
    public void Validate()
    {
        Check(Listen is not null, nameof(Listen), "null", "must be given");
        Check(QueueMessagesMax > 0, nameof(QueueMessagesMax), QueueMessagesMax, "must be positive");
        Check(QueueBytesMax > 0, nameof(QueueBytesMax), QueueBytesMax, "must be positive");
        Check(ConnectingMessagesMax > 0, nameof(ConnectingMessagesMax), ConnectingMessagesMax, "must be positive");
        Check(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), ConnectTimeout, "must be positive");
        Check(WriteTimeout.TotalMilliseconds is >= 1 and <= int.MaxValue,
            nameof(WriteTimeout), WriteTimeout, "must be at least a millisecond");
        Check(BackoffMin > TimeSpan.Zero, nameof(BackoffMin), BackoffMin, "must be positive");
        Check(BackoffMax >= BackoffMin, nameof(BackoffMax), BackoffMax, $"must be at least {BackoffMin}");
        Check(IdleTimeout > TimeSpan.Zero, nameof(IdleTimeout), IdleTimeout, "must be positive");
        Check(IncomingMax > 0, nameof(IncomingMax), IncomingMax, "must be positive");
        Check(ReaderThreadsMax >= 0, nameof(ReaderThreadsMax), ReaderThreadsMax, "must not be negative");
    }

    private static void Check(bool holds, string name, object value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} {value}: {rule}", name);
        }
    }
}

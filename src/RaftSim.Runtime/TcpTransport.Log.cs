using Microsoft.Extensions.Logging;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>What the transport tells people.</summary>
public sealed partial class TcpTransport
{
    internal static partial class Log
    {
        [LoggerMessage(100, LogLevel.Warning, "Cannot reach {Address}: {Reason}")]
        public static partial void Unreached(ILogger logger, ServerAddress address, string reason);

        [LoggerMessage(101, LogLevel.Information, "Reached {Address} again")]
        public static partial void Reached(ILogger logger, ServerAddress address);

        [LoggerMessage(102, LogLevel.Information, "The {Lane} connection to {Address} ended: {Reason}")]
        public static partial void Broken(ILogger logger, ServerAddress address, Lane lane, string reason);

        [LoggerMessage(103, LogLevel.Warning, "Closed a connection from {Remote}: {Reason}")]
        public static partial void Refused(ILogger logger, string remote, string reason);

        [LoggerMessage(104, LogLevel.Warning, "Passed over a message from {Remote}: {Reason}")]
        public static partial void NotUnderstood(ILogger logger, string remote, string reason);

        [LoggerMessage(105, LogLevel.Error, "A message to {Address} cannot be written: {Reason}")]
        public static partial void Unwritable(ILogger logger, ServerAddress address, string reason);

        [LoggerMessage(106, LogLevel.Error, "Cannot accept connections at {Address}: {Reason}")]
        public static partial void AcceptFailed(ILogger logger, ServerAddress address, string reason);

        [LoggerMessage(107, LogLevel.Error, "The receiver failed on a message from {Remote}")]
        public static partial void ReceiverFailed(ILogger logger, string remote, Exception exception);

        [LoggerMessage(108, LogLevel.Debug, "The connection from {Remote} ended: {Reason}")]
        public static partial void Gone(ILogger logger, string remote, string reason);

        [LoggerMessage(109, LogLevel.Debug, "Closed the connections to {Address}: nothing was sent for long")]
        public static partial void Swept(ILogger logger, ServerAddress address);
    }
}

using Microsoft.Extensions.Logging;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>Every line that the shell of a server logs.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "{Server} listens on {Address}; data in {Folder}")]
    public static partial void Starting(ILogger logger, string server, ServerAddress address, string folder);

    [LoggerMessage(2, LogLevel.Information, "{Server} has stopped")]
    public static partial void Stopped(ILogger logger, string server);

    [LoggerMessage(3, LogLevel.Critical, "{Server} cannot go on: {Reason}")]
    public static partial void Failed(ILogger logger, string server, string reason, Exception? exception);

    [LoggerMessage(4, LogLevel.Error, "An observer of {Server} failed on the event \"{Text}\"")]
    public static partial void ObserverFailed(ILogger logger, string server, string text, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "{Server}: {Part} did not end cleanly")]
    public static partial void DisposeFailed(ILogger logger, string server, string part, Exception exception);

    [LoggerMessage(EventId = 10, Message = "{Server}: {Text} ({Kind}, term {Term})")]
    private static partial void Raised(
        ILogger logger, LogLevel level, string server, string text, ServerEventKind kind, Term term);

    public static void Raised(ILogger logger, string server, in ServerEvent raised) => Raised(
        logger,
        raised.Kind == ServerEventKind.Refused ? LogLevel.Warning : LogLevel.Information,
        server,
        raised.Text,
        raised.Kind,
        raised.Term);

    /// <summary>The message of an exception in one line, without the parameter name that .NET appends to it.</summary>
    public static string LineOf(Exception exception)
    {
        string text = exception.Message;
        int parameter = exception is ArgumentException ? text.LastIndexOf(" (Parameter '", StringComparison.Ordinal) : -1;
        return (parameter < 0 ? text : text[..parameter]).ReplaceLineEndings(" ");
    }
}

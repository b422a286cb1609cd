using RaftSim.Server;

namespace RaftSim.Simulation.Recording;

/// <summary>What became of a request. The numbers are in the page.</summary>
internal enum RequestOutcome : byte
{
    /// <summary>No answer yet.</summary>
    Open = 0,

    /// <summary>A command was acknowledged.</summary>
    Acknowledged = 1,

    /// <summary>Something else was answered.</summary>
    Answered = 2,

    /// <summary>Nothing was done.</summary>
    Refused = 3,

    /// <summary>It may have been done.</summary>
    Unknown = 4,

    /// <summary>The server stopped before it answered.</summary>
    Lost = 5,
}

/// <summary>Requests and their answers in a few words.</summary>
internal static class RequestWords
{
    /// <summary>What became of a request.</summary>
    public static RequestOutcome OutcomeOf(SimRequest request) => request.Reply switch
    {
        null => request.IsLost ? RequestOutcome.Lost : RequestOutcome.Open,
        CommandReply => RequestOutcome.Acknowledged,
        ErrorReply { Kind: ServerErrorKind.OutcomeUnknown } => RequestOutcome.Unknown,
        ErrorReply => RequestOutcome.Refused,
        _ => RequestOutcome.Answered,
    };

    /// <summary>An answer in a few words.</summary>
    public static string Gist(ServerReply reply) => reply switch
    {
        CommandReply command => $"applied at {command.Index}",
        QueryReply query => $"as of {query.Index}",
        SessionReply session => $"session {session.Session}",
        SetAutopilotConfigReply set => set.Applied ? "settings written" : "settings not written: another index",
        ErrorReply error => $"{error.Kind}: {error.Text}",
        DoneReply => "done",
        _ => reply.GetType().Name,
    };
}

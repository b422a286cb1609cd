using RaftSim.Server;

namespace RaftSim.Http;

/// <summary>The text of a failed request, as Nomad's callers know it.</summary>
internal static class ErrorText
{
    private const string ForwardedPrefix = "rpc error: ";
    private const string UnknownPrefix = "outcome unknown";

    /// <summary>The text; with Nomad's prefix when it came from the leader by way of the answering server.</summary>
    public static string Of(ErrorReply error)
    {
        string text = error.Kind switch
        {
            ServerErrorKind.NoLeader or ServerErrorKind.NotLeader => "No cluster leader",
            ServerErrorKind.NotReady => "Not ready to serve consistent reads",

            // Every other text means that nothing was done. This one must never be taken for one of those.
            ServerErrorKind.OutcomeUnknown
                when !error.Text.StartsWith(UnknownPrefix, StringComparison.OrdinalIgnoreCase) =>
                $"{UnknownPrefix}, the change may have happened or may still happen: {error.Text}",
            _ => error.Text,
        };

        return error.Forwarded ? ForwardedPrefix + text : text;
    }
}

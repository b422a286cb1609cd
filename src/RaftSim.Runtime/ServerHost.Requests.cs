using RaftSim.Server;

namespace RaftSim.Runtime;

// Callers: each waits on its own entry until the server answers, the caller gives up, or the server stops.
public sealed partial class ServerHost
{
    private const string ShuttingDown = "the server is shutting down";

    private readonly Lock _calling = new();
    private readonly Dictionary<ulong, Call> _calls = [];
    private ulong _lastRequestId;
    private bool _isClosedToCalls = true;
    private volatile bool _isStopping;

    /// <inheritdoc/>
    public async Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        long? askedAt = _metrics.BeginRequest();
        Call call = new(request);
        ulong id;
        lock (_calling)
        {
            if (_calls.Count >= Limits.PendingRequestsMax)
            {
                return new ErrorReply(ServerErrorKind.Busy, $"{_calls.Count} requests are waiting already");
            }

            id = ++_lastRequestId;
            if (_isStopping || _isClosedToCalls || !_inbox.TryPost(ServerInput.Requested(id, request)))
            {
                return new ErrorReply(ServerErrorKind.Refused, _isStopping ? ShuttingDown : $"{Name} is not running");
            }

            _calls.Add(id, call);
        }

        try
        {
            ServerReply reply = await call.Answered.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            _metrics.Answered(request, reply, askedAt);
            return reply;
        }
        finally
        {
            lock (_calling)
            {
                _calls.Remove(id);
            }
        }
    }

    private int CountCalls()
    {
        lock (_calling)
        {
            return _calls.Count;
        }
    }

    private void Answer(ulong requestId, ServerReply reply)
    {
        Call? call;
        lock (_calling)
        {
            _calls.Remove(requestId, out call);
        }

        call?.Answered.TrySetResult(reply);
    }

    // The server will not answer any more. A read has done nothing; a write may have been, or may yet be carried out.
    private void AnswerEverybody()
    {
        List<Call> left;
        lock (_calling)
        {
            _isClosedToCalls = true;
            left = [.. _calls.Values];
            _calls.Clear();
        }

        string reason = _failure is null ? ShuttingDown : "the server has failed";
        foreach (Call call in left)
        {
            call.Answered.TrySetResult(call.Request.IsWrite
                ? new ErrorReply(ServerErrorKind.OutcomeUnknown, $"{reason}: whether this was done is not known")
                : new ErrorReply(ServerErrorKind.Refused, reason));
        }
    }

    private sealed class Call(ServerRequest request)
    {
        public ServerRequest Request { get; } = request;

        public TaskCompletionSource<ServerReply> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

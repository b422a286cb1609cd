using RaftSim.Raft;

namespace RaftSim.Server;

// Linearizable reads: what is answered was current at some moment between the question and the answer (dissertation §6.4).
public sealed partial class ServerNode
{
    private readonly SortedDictionary<ulong, PendingRequest> _reads = [];
    private readonly SortedDictionary<ulong, PendingRequest> _queries = [];
    private readonly List<ulong> _confirmedReads = [];

    // Counts reads and queries alike, and on for as long as this server lives.
    private ulong _lastNumber;

    // One step of a read on the leader: a majority has to confirm it.
    private void Read(PendingRequest pending, MonoTime now)
    {
        ulong number = ++_lastNumber;
        if (_raft!.RequestRead(number, now) == ProposeResult.Accepted)
        {
            _requests.MarkUnderWay(pending, PendingStage.Reading);
            _reads.Add(number, pending);
        }
        else
        {
            // Worth waiting for: an entry of this term, or another leader.
            pending.Obstacle = null;
        }
    }

    private void AnswerReads()
    {
        foreach (ulong number in _confirmedReads)
        {
            if (!_reads.Remove(number, out PendingRequest? pending) || pending.Stage != PendingStage.Reading)
            {
                continue;
            }

            AnswerNow(pending);
        }

        _confirmedReads.Clear();
    }

    // A read has done nothing: when leadership is lost it looks for the next leader.
    private void AbandonReads()
    {
        foreach (PendingRequest pending in _reads.Values)
        {
            if (pending.Stage == PendingStage.Reading)
            {
                _requests.MarkWaiting(pending);
            }
        }

        _reads.Clear();
        _confirmedReads.Clear();
    }

    // From this server's state as it is: after a confirmed read, or for a caller who does not mind.
    private void AnswerNow(PendingRequest pending)
    {
        if (pending.Request is QueryRequest query)
        {
            Query(pending, query.Query);
        }
        else
        {
            Complete(pending, AnswerLocally(pending.Request));
        }
    }

    // Behind everything that was handed to the state machine so far, so that it finds all of that applied.
    private void Query(PendingRequest pending, ReadOnlyMemory<byte> question)
    {
        ulong number = ++_lastNumber;
        _requests.MarkUnderWay(pending, PendingStage.Querying);
        _queries.Add(number, pending);
        pending.Index = _submitted;
        _apply.Query(number, question);
    }

    private void TakeQueried(ulong number, QueryResult result)
    {
        if (_queries.Remove(number, out PendingRequest? pending) && pending.Stage == PendingStage.Querying)
        {
            Complete(pending, result.Result is { } answer
                ? new QueryReply(pending.Index, answer)
                : new ErrorReply(ServerErrorKind.Refused, result.Error));
        }
    }
}

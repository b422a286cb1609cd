using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.States;

// What arrives where it is not welcome, or not needed any more.
internal sealed partial class StateWatch
{
    private const int ManyEntries = 64;
    private const ulong ManyChunks = 16;

    /// <inheritdoc/>
    public void Sent(int server, in Envelope envelope)
    {
        switch (envelope.Message.Kind)
        {
            case ServerMessageKind.Raft when envelope.Message.Raft is { Kind: RaftMessageKind.VoteReply, Reject: false } vote:
                _seats[server].VoteTold = vote.Term;
                break;
            case ServerMessageKind.SnapshotRequest:
                Fetches(_seats[server], envelope.To, (SnapshotRequest)envelope.Message.Body!);
                break;
            case ServerMessageKind.SnapshotChunk:
                SnapshotChunk chunk = (SnapshotChunk)envelope.Message.Body!;
                Mark(SimState.SnapshotReplaced, chunk.Bytes.IsEmpty);
                Mark(SimState.SnapshotOfMany, chunk.Chunks >= ManyChunks);
                break;
        }
    }

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope)
    {
        Seat seat = _seats[server];
        if (!seat.IsUp)
        {
            return;
        }

        if (!envelope.ToDisk.IsNone && envelope.ToDisk != seat.Disk)
        {
            Mark(SimState.ForFormerSelf);
            return;
        }

        switch (envelope.Message.Kind)
        {
            case ServerMessageKind.Raft:
                Received(seat, envelope.Message.Raft);
                break;
            case ServerMessageKind.Forward:
                Mark(SimState.ForwardedToFormerLeader, seat.Role != RaftRole.Leader);
                break;
            case ServerMessageKind.SnapshotRequest:
                Mark(SimState.SnapshotAskedOfFollower, seat.Role != RaftRole.Leader);
                break;
        }
    }

    private void Received(Seat seat, in RaftMessage message)
    {
        switch (message.Kind)
        {
            case RaftMessageKind.Append:
                Append(seat, message);
                break;
            case RaftMessageKind.AppendReply:
                Answer(seat, message);
                break;
            case RaftMessageKind.Heartbeat:
                Mark(SimState.HeartbeatOfPastTerm, message.Term < seat.Term);
                break;
            case RaftMessageKind.HeartbeatReply:
                seat.HeardAt = now();
                break;
            case RaftMessageKind.PreVote or RaftMessageKind.Vote:
                AskedForVote(seat, message);
                break;
            case RaftMessageKind.PreVoteReply:
                Mark(SimState.PreVoteRefused, message.Reject && seat.Role == RaftRole.PreCandidate);
                break;
            case RaftMessageKind.VoteReply:
                Mark(SimState.VoteTooLate, !message.Reject && message.Term < seat.Term);
                break;
            case RaftMessageKind.TimeoutNow:
                Mark(SimState.CallToCampaignTooLate, message.Term < seat.Term || seat.Role != RaftRole.Follower);
                break;
            case RaftMessageKind.Snapshot:
                bool isCommitted = message.Index <= seat.Commit;
                Mark(SimState.SnapshotOfferTooLate, isCommitted);
                Mark(SimState.SnapshotOfferNeedless, !isCommitted && message.Index <= seat.LastIndex
                    && seat.Log.TermAt(message.Index) == message.LogTerm);
                break;
        }
    }

    private void Append(Seat seat, in RaftMessage message)
    {
        if (message.Term < seat.Term)
        {
            Mark(SimState.AppendOfPastTerm);
            return;
        }

        ulong count = (ulong)message.Entries.Length;
        ulong last = message.Index.Value + count;
        Mark(SimState.AppendKnown, count > 0 && last <= seat.Commit.Value);
        Mark(SimState.AppendIntoSnapshot, message.Index < seat.LogStart && last > seat.LogStart.Value);
        Mark(SimState.AppendFarAhead, message.Index.Value >= seat.LastIndex.Value + Many);
        Mark(SimState.AppendOfMany, count >= ManyEntries);
    }

    private void Answer(Seat seat, in RaftMessage message)
    {
        if (seat.Role != RaftRole.Leader)
        {
            Mark(SimState.AnswerToFormerLeader);
        }
        else if (message.Reject && message.Term == seat.Term)
        {
            Mark(SimState.AppendRefusedByMany, message.Hint.Value + Some < message.Index.Value);
        }
    }

    private void AskedForVote(Seat seat, in RaftMessage message)
    {
        bool isPreVote = message.Kind == RaftMessageKind.PreVote;
        bool isBehind = message.LogTerm < seat.LastTerm || (message.LogTerm == seat.LastTerm && message.Index < seat.LastIndex);
        if (isBehind && message.Term >= seat.Term)
        {
            Mark(isPreVote ? SimState.PreVoteWithShortLog : SimState.VoteWithShortLog);
        }

        Mark(SimState.PreVoteOfStranger, isPreVote && seat.LastIndex > LogIndex.Zero
            && !seat.Configuration.Contains(message.From));
        Mark(SimState.VoteAskedOfLeader, seat.Role == RaftRole.Leader && message.Term > seat.Term);
        if (!isPreVote && message.Term == seat.Term)
        {
            bool isTheSame = seat.Vote == message.From;
            Mark(SimState.VoteAskedTwice, isTheSame);
            Mark(SimState.VoteTaken, !isTheSame && !seat.Vote.IsNone);
        }
    }

    private void Fetches(Seat seat, ServerId from, SnapshotRequest request)
    {
        if (seat.Fetched == request.Last.Index)
        {
            bool isElsewhere = seat.FetchedFrom != from;
            Mark(SimState.FetchContinuedElsewhere, isElsewhere && request.Chunk > 0);
            Mark(SimState.ChunkAskedAgain, !isElsewhere && request.Chunk <= seat.ChunkAsked);
        }

        (seat.Fetched, seat.FetchedFrom, seat.ChunkAsked) = (request.Last.Index, from, request.Chunk);
    }
}

namespace RaftSim.Server;

/// <summary>One committed command for the user's state machine or its client sessions.</summary>
/// <param name="Index">The index of its entry.</param>
/// <param name="Term">The term of its entry.</param>
/// <param name="Time">The leader's wall clock when it proposed it.</param>
/// <param name="Command">Who asked for it.</param>
/// <param name="Payload">The command; empty when the entry only opens, keeps or closes a session.</param>
/// <param name="Session">What it does with a client session; <see langword="null"/> when it is of none.</param>
public readonly record struct AppliedEntry(
    LogIndex Index,
    Term Term,
    WallTime Time,
    CommandId Command,
    ReadOnlyMemory<byte> Payload,
    SessionUse? Session = null);

/// <summary>
/// Applies committed commands to the user's state machine, by way of a <see cref="SessionMachine"/>, outside the server's
/// loop. Reports back, in order, with <see cref="ServerInput.Applied"/>; never from inside the call that submits.
/// </summary>
public interface IApplyStage
{
    /// <summary>
    /// Queues commands, in log order. When they are applied, everything up to <paramref name="through"/> is to be reported
    /// as applied, with one result for each of <paramref name="entries"/>, also when there are none.
    /// </summary>
    void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through);

    /// <summary>
    /// Queues a question to the state machine behind everything submitted before. Its answer is reported by
    /// <see cref="ServerInput.Queried"/> with the same <paramref name="number"/>.
    /// </summary>
    void Query(ulong number, ReadOnlyMemory<byte> query);

    /// <summary>
    /// Takes a step towards a snapshot of the state machine, or from one. <see cref="SnapshotOpKind.Capture"/> and the
    /// steps of restoring are queued behind everything submitted before, each end being reported by
    /// <see cref="ServerInput.SnapshotStep"/>; reading goes on beside applying.
    /// </summary>
    void Submit(in SnapshotOp op);
}

/// <summary>Steps of taking and restoring snapshots of the user's state machine.</summary>
public enum SnapshotOpKind : byte
{
    /// <summary>Takes hold of the state as it is now.</summary>
    Capture,

    /// <summary>
    /// Reads on in what was captured: fills <see cref="SnapshotOp.Buffer"/>; reports how much, less than all at the end only.
    /// </summary>
    Read,

    /// <summary>Lets go of what was captured. Not reported.</summary>
    Release,

    /// <summary>Begins to restore; an earlier attempt that was not committed is given up.</summary>
    BeginRestore,

    /// <summary>Takes the next bytes, <see cref="SnapshotOp.Buffer"/>, which do not change until this is reported.</summary>
    Restore,

    /// <summary>Makes what was restored the state.</summary>
    CommitRestore,

    /// <summary>Gives up what was being restored. Not reported.</summary>
    AbandonRestore,
}

/// <summary>One step of taking or restoring a snapshot of the user's state machine.</summary>
/// <param name="Number">Comes back in the report; the steps of one snapshot share it.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Through">For Capture and CommitRestore: the last entry that the state includes.</param>
/// <param name="Buffer">For Read: what to fill. For Restore: the bytes.</param>
public readonly record struct SnapshotOp(
    ulong Number, SnapshotOpKind Kind, LogIndex Through = default, Memory<byte> Buffer = default)
{
    /// <summary>Fills the buffer from a state, as Read is to do; returns how much, less than all at the end only.</summary>
    public int Fill(ISnapshotSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        int filled = 0;
        int read = 1;
        while (read > 0 && filled < Buffer.Length)
        {
            read = source.Read(Buffer.Span[filled..]);
            filled += read;
        }

        return filled;
    }
}

/// <summary>How a step ended.</summary>
/// <param name="Kind">Which step.</param>
/// <param name="Length">For Read: bytes read. For Capture: -1 when the state machine takes no snapshots at all.</param>
/// <param name="Error">Why it failed, for people; empty when it did not.</param>
public sealed record SnapshotOpResult(SnapshotOpKind Kind, int Length = 0, string Error = "");

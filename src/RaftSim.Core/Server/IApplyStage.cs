namespace RaftSim.Server;

/// <summary>One committed command for the user's state machine.</summary>
/// <param name="Index">The index of its entry.</param>
/// <param name="Term">The term of its entry.</param>
/// <param name="Time">The leader's wall clock when it proposed it.</param>
/// <param name="Command">Who asked for it.</param>
/// <param name="Payload">The command.</param>
public readonly record struct AppliedEntry(
    LogIndex Index, Term Term, WallTime Time, CommandId Command, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Applies committed commands to the user's state machine, outside the server's loop. Reports back, in order, with
/// <see cref="ServerInput.Applied"/>; never from inside <see cref="Submit"/>.
/// </summary>
public interface IApplyStage
{
    /// <summary>
    /// Queues commands, in log order. When they are applied, everything up to <paramref name="through"/> is to be reported
    /// as applied, also when <paramref name="entries"/> is empty.
    /// </summary>
    void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through);

    /// <summary>
    /// Queues a question to the state machine behind everything submitted before. Its answer is reported by
    /// <see cref="ServerInput.Queried"/> with the same <paramref name="number"/>.
    /// </summary>
    void Query(ulong number, ReadOnlyMemory<byte> query);
}

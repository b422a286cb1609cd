using RaftSim.Raft;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Server;

/// <summary>
/// What the entries of a stored log mean when all of them are applied. Which of them are committed is not stored: a
/// server learns it from its leader.
/// </summary>
public sealed class LogContents
{
    private readonly WireDecoder _decoder = new();

    private LogContents()
    {
    }

    /// <summary>The configuration in force, as it is when the server starts (dissertation §4.1).</summary>
    public Configuration Configuration { get; private set; } = Configuration.Empty;

    /// <summary>The index of its entry; 0 for none.</summary>
    public LogIndex ConfigurationIndex { get; private set; }

    /// <summary>The term of its entry; 0 for none, and when only the snapshot knows it.</summary>
    public Term ConfigurationTerm { get; private set; }

    /// <summary>The built-in state.</summary>
    public ClusterState State { get; } = new();

    /// <summary>The term of the last entry; 0 for none.</summary>
    public Term LastTerm => Last.Term;

    /// <summary>Entries of the kind <see cref="EntryKind.Noop"/>.</summary>
    public int Noops { get; private set; }

    /// <summary>Entries of the kind <see cref="EntryKind.Command"/>: all of them.</summary>
    public int Commands { get; private set; }

    /// <summary>Those of them that are for the user's state machine.</summary>
    public int UserCommands { get; private set; }

    /// <summary>Entries of the kind <see cref="EntryKind.Configuration"/>.</summary>
    public int Configurations { get; private set; }

    /// <summary>
    /// The entry that cannot be used, and why: a server that starts on it, or applies it, stops. <see langword="null"/>
    /// when every entry can; else what follows was not looked at.
    /// </summary>
    public (LogIndex Index, string Rule)? Problem { get; private set; }

    /// <summary>The last entry, of the log or of the snapshot in front of it.</summary>
    public LogPosition Last { get; private set; }

    /// <summary>
    /// Whether the log does not continue the snapshot: its entries never were committed, or stand in it, and a server that starts
    /// drops them all (dissertation §5.2). A crash behind a fetched snapshot leaves this.
    /// </summary>
    public bool IsLogReplaced { get; private set; }

    /// <summary>
    /// Applies everything that was read, in the log and in the snapshot in front of it. Throws
    /// <see cref="InvariantException"/> when the snapshot's own part cannot be read.
    /// </summary>
    public static LogContents Of(LogReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        LogContents contents = new();
        RecoveredState log = reading.State;
        contents.Last = log.LogStart;
        LogPosition snapshot = default;
        if (reading.Snapshot is { } stored)
        {
            SnapshotManifest manifest = SnapshotMap.Decode(stored.Manifest);
            contents.State.Restore(manifest);
            contents.Configuration = WireCodec.Configurations.Decode(manifest.Configuration);
            contents.ConfigurationIndex = manifest.ConfigurationIndex;
            snapshot = stored.Snapshot.Last;
            if (!Has(log, snapshot))
            {
                contents.IsLogReplaced = true;
                contents.Last = snapshot;
                return contents;
            }
        }

        for (int i = 0; i < log.Entries.Count && contents.Problem is null; i++)
        {
            contents.Take(log.Entries[i], isInSnapshot: log.Entries[i].Index <= snapshot.Index);
        }

        return contents;
    }

    private static bool Has(RecoveredState log, in LogPosition last)
    {
        if (last.Index <= log.LogStart.Index)
        {
            return last == log.LogStart;
        }

        ulong at = last.Index - log.LogStart.Index - 1;
        return at < (ulong)log.Entries.Count && log.Entries[(int)at].Term == last.Term;
    }

    private void Take(in LogEntry entry, bool isInSnapshot)
    {
        if (entry.Term == Term.Zero || entry.Term < LastTerm)
        {
            Problem = (entry.Index, $"its term {entry.Term} comes after term {LastTerm}");
            return;
        }

        Last = new(entry.Index, entry.Term);
        try
        {
            Apply(entry, isInSnapshot);
        }
        catch (InvariantException e)
        {
            Problem = (entry.Index, e.Message);
        }
    }

    private void Apply(in LogEntry entry, bool isInSnapshot)
    {
        switch (entry.Kind)
        {
            case EntryKind.Noop:
                Noops++;
                break;
            case EntryKind.Command:
                Commands++;
                Apply(_decoder.DecodeCommand(entry.Payload), entry.Index, isInSnapshot);
                break;
            case EntryKind.Configuration:
                Configurations++;
                Configuration configuration = WireCodec.Configurations.Decode(entry.Payload);
                if (entry.Index >= ConfigurationIndex)
                {
                    (Configuration, ConfigurationIndex, ConfigurationTerm) = (configuration, entry.Index, entry.Term);
                }

                break;
            default:
                throw new InvariantException($"its kind {(byte)entry.Kind} is not known");
        }
    }

    private void Apply(ClusterCommand command, LogIndex index, bool isInSnapshot)
    {
        switch (command)
        {
            case UserCommand:
                UserCommands++;
                break;
            case SessionCommand session:
                State.Apply(session);
                UserCommands += session.Use.Verb == SessionVerb.Propose ? 1 : 0;
                break;
            case InitializeAutopilotCommand or SetAutopilotCommand when isInSnapshot:
                break;
            case InitializeAutopilotCommand initialize:
                State.Apply(initialize, index);
                break;
            case SetAutopilotCommand set:
                State.Apply(set, index);
                break;
            default:
                throw new InvariantException($"its command {command.GetType().Name} is not known");
        }
    }
}

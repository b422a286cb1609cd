using RaftSim.Raft;
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

    /// <summary>The term of its entry; 0 for none.</summary>
    public Term ConfigurationTerm { get; private set; }

    /// <summary>The built-in state.</summary>
    public ClusterState State { get; } = new();

    /// <summary>The term of the last entry; 0 for none.</summary>
    public Term LastTerm { get; private set; }

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

    /// <summary>Applies everything that was recovered.</summary>
    public static LogContents Of(RecoveredState recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        LogContents contents = new();
        if (recovered.Snapshot is { } snapshot)
        {
            contents.Configuration = WireCodec.Configurations.Decode(snapshot.Configuration);
            contents.ConfigurationIndex = snapshot.ConfigurationIndex;
        }

        contents.LastTerm = recovered.LogStart.Term;
        for (int i = 0; i < recovered.Entries.Count && contents.Problem is null; i++)
        {
            contents.Take(recovered.Entries[i]);
        }

        return contents;
    }

    private void Take(in LogEntry entry)
    {
        if (entry.Term == Term.Zero || entry.Term < LastTerm)
        {
            Problem = (entry.Index, $"its term {entry.Term} comes after term {LastTerm}");
            return;
        }

        LastTerm = entry.Term;
        try
        {
            Apply(entry);
        }
        catch (InvariantException e)
        {
            Problem = (entry.Index, e.Message);
        }
    }

    private void Apply(in LogEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Noop:
                Noops++;
                break;
            case EntryKind.Command:
                Commands++;
                Apply(_decoder.DecodeCommand(entry.Payload), entry.Index);
                break;
            case EntryKind.Configuration:
                Configurations++;
                Configuration = WireCodec.Configurations.Decode(entry.Payload);
                ConfigurationIndex = entry.Index;
                ConfigurationTerm = entry.Term;
                break;
            default:
                throw new InvariantException($"its kind {(byte)entry.Kind} is not known");
        }
    }

    private void Apply(ClusterCommand command, LogIndex index)
    {
        switch (command)
        {
            case UserCommand:
                UserCommands++;
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

using RaftSim.Autopilot;

namespace RaftSim.Server;

/// <summary>
/// The built-in replicated state: the autopilot configuration and the cluster time. Every server applies the same commands
/// in the same order, inside its loop. Source: Nomad's autopilot configuration record and its check-and-set rule.
/// </summary>
public sealed class ClusterState
{
    /// <summary>The autopilot settings; <see langword="null"/> before the first leader wrote them.</summary>
    public AutopilotConfig? Autopilot { get; private set; }

    /// <summary>The index of the entry that first wrote the settings; 0 for none.</summary>
    public LogIndex CreateIndex { get; private set; }

    /// <summary>The index of the entry that last wrote the settings; 0 for none.</summary>
    public LogIndex ModifyIndex { get; private set; }

    /// <summary>
    /// How long the cluster has been led, by its leaders' clocks, as far as commands of client sessions tell. Never falls.
    /// </summary>
    public Duration ClusterTime { get; private set; }

    /// <summary>Takes the time that a command of a session carries; returns that use at the time that counts.</summary>
    public SessionUse Apply(SessionCommand command)
    {
        ClusterTime = command.Use.ClusterTime > ClusterTime ? command.Use.ClusterTime : ClusterTime;
        return command.Use with { ClusterTime = ClusterTime };
    }

    /// <summary>Applies the first settings; nothing happens when there are some. True when they were written.</summary>
    public bool Apply(InitializeAutopilotCommand command, LogIndex index)
    {
        if (Autopilot is not null)
        {
            return false;
        }

        Write(command.Config, index);
        return true;
    }

    /// <summary>
    /// Applies new settings. With a check-and-set index they are written only if there are settings and it is their
    /// <see cref="ModifyIndex"/>. True when they were written.
    /// </summary>
    public bool Apply(SetAutopilotCommand command, LogIndex index)
    {
        if (command.Cas is ulong cas && (Autopilot is null || cas != ModifyIndex.Value))
        {
            return false;
        }

        Write(command.Config, index);
        return true;
    }

    /// <summary>Becomes what a snapshot says.</summary>
    internal void Restore(SnapshotManifest manifest)
    {
        Autopilot = manifest.Autopilot;
        CreateIndex = manifest.CreateIndex;
        ModifyIndex = manifest.ModifyIndex;
        ClusterTime = manifest.ClusterTime;
    }

    private void Write(AutopilotConfig config, LogIndex index)
    {
        CreateIndex = Autopilot is null ? index : CreateIndex;
        ModifyIndex = index;
        Autopilot = config;
    }
}

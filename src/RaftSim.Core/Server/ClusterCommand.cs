using RaftSim.Autopilot;

namespace RaftSim.Server;

/// <summary>A command in the log: what it does, who asked for it, and the leader's clock when it was proposed.</summary>
public abstract record ClusterCommand
{
    private protected ClusterCommand() { }

    /// <summary>Who asked for it.</summary>
    public required CommandId Id { get; init; }

    /// <summary>The leader's wall clock when it proposed it.</summary>
    public required WallTime Time { get; init; }
}

/// <summary>A command of the user's state machine.</summary>
/// <param name="Payload">The command.</param>
public sealed record UserCommand(ReadOnlyMemory<byte> Payload) : ClusterCommand;

/// <summary>Concerns a client session, or is a command in one.</summary>
/// <param name="Use">What it does with the session.</param>
/// <param name="Payload">The command of the user's state machine; empty when there is none.</param>
public sealed record SessionCommand(SessionUse Use, ReadOnlyMemory<byte> Payload) : ClusterCommand;

/// <summary>Writes the first autopilot configuration; does nothing if there is one.</summary>
/// <param name="Config">The settings.</param>
public sealed record InitializeAutopilotCommand(AutopilotConfig Config) : ClusterCommand;

/// <summary>Replaces the autopilot configuration.</summary>
/// <param name="Config">The settings.</param>
/// <param name="Cas">Applied only if a configuration exists and has this ModifyIndex; <see langword="null"/>: always.</param>
public sealed record SetAutopilotCommand(AutopilotConfig Config, ulong? Cas) : ClusterCommand;

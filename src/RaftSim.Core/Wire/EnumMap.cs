using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Wire;

/// <summary>
/// Names to the numbers of the schema and back, one by one: their order in the code may change, their numbers on the wire
/// may not.
/// </summary>
internal static class EnumMap
{
    public static Proto.NodeStatus To(NodeStatus value) => value switch
    {
        NodeStatus.Unknown => Proto.NodeStatus.Unknown,
        NodeStatus.Alive => Proto.NodeStatus.Alive,
        NodeStatus.Failed => Proto.NodeStatus.Failed,
        NodeStatus.Left => Proto.NodeStatus.Left,
        _ => throw Unwritable(value),
    };

    public static NodeStatus From(Proto.NodeStatus value) => value switch
    {
        Proto.NodeStatus.Unknown => NodeStatus.Unknown,
        Proto.NodeStatus.Alive => NodeStatus.Alive,
        Proto.NodeStatus.Failed => NodeStatus.Failed,
        Proto.NodeStatus.Left => NodeStatus.Left,
        _ => throw Unknown("status of a server", (int)value),
    };

    public static Proto.NodeType To(NodeType value) => value switch
    {
        NodeType.None => Proto.NodeType.None,
        NodeType.Voter => Proto.NodeType.Voter,
        NodeType.ReadReplica => Proto.NodeType.ReadReplica,
        NodeType.ZoneVoter => Proto.NodeType.ZoneVoter,
        NodeType.ZoneStandby => Proto.NodeType.ZoneStandby,
        NodeType.ZoneExtraVoter => Proto.NodeType.ZoneExtraVoter,
        _ => throw Unwritable(value),
    };

    public static NodeType From(Proto.NodeType value) => value switch
    {
        Proto.NodeType.None => NodeType.None,
        Proto.NodeType.Voter => NodeType.Voter,
        Proto.NodeType.ReadReplica => NodeType.ReadReplica,
        Proto.NodeType.ZoneVoter => NodeType.ZoneVoter,
        Proto.NodeType.ZoneStandby => NodeType.ZoneStandby,
        Proto.NodeType.ZoneExtraVoter => NodeType.ZoneExtraVoter,
        _ => throw Unknown("type of server", (int)value),
    };

    public static Proto.UpgradeStatus To(UpgradeStatus value) => value switch
    {
        UpgradeStatus.Idle => Proto.UpgradeStatus.Idle,
        UpgradeStatus.AwaitNewVoters => Proto.UpgradeStatus.AwaitNewVoters,
        UpgradeStatus.Promoting => Proto.UpgradeStatus.Promoting,
        UpgradeStatus.Demoting => Proto.UpgradeStatus.Demoting,
        UpgradeStatus.LeaderTransfer => Proto.UpgradeStatus.LeaderTransfer,
        UpgradeStatus.AwaitNewServers => Proto.UpgradeStatus.AwaitNewServers,
        UpgradeStatus.AwaitServerRemoval => Proto.UpgradeStatus.AwaitServerRemoval,
        UpgradeStatus.Disabled => Proto.UpgradeStatus.Disabled,
        _ => throw Unwritable(value),
    };

    public static UpgradeStatus From(Proto.UpgradeStatus value) => value switch
    {
        Proto.UpgradeStatus.Idle => UpgradeStatus.Idle,
        Proto.UpgradeStatus.AwaitNewVoters => UpgradeStatus.AwaitNewVoters,
        Proto.UpgradeStatus.Promoting => UpgradeStatus.Promoting,
        Proto.UpgradeStatus.Demoting => UpgradeStatus.Demoting,
        Proto.UpgradeStatus.LeaderTransfer => UpgradeStatus.LeaderTransfer,
        Proto.UpgradeStatus.AwaitNewServers => UpgradeStatus.AwaitNewServers,
        Proto.UpgradeStatus.AwaitServerRemoval => UpgradeStatus.AwaitServerRemoval,
        Proto.UpgradeStatus.Disabled => UpgradeStatus.Disabled,
        _ => throw Unknown("status of an upgrade", (int)value),
    };

    public static Proto.RaftState To(RaftState value) => value switch
    {
        RaftState.None => Proto.RaftState.None,
        RaftState.Leader => Proto.RaftState.Leader,
        RaftState.Voter => Proto.RaftState.Voter,
        RaftState.NonVoter => Proto.RaftState.NonVoter,
        RaftState.Staging => Proto.RaftState.Staging,
        _ => throw Unwritable(value),
    };

    public static RaftState From(Proto.RaftState value) => value switch
    {
        Proto.RaftState.None => RaftState.None,
        Proto.RaftState.Leader => RaftState.Leader,
        Proto.RaftState.Voter => RaftState.Voter,
        Proto.RaftState.NonVoter => RaftState.NonVoter,
        Proto.RaftState.Staging => RaftState.Staging,
        _ => throw Unknown("state of a server", (int)value),
    };

    public static Proto.AutopilotEventKind To(AutopilotEventKind value) => value switch
    {
        AutopilotEventKind.Health => Proto.AutopilotEventKind.Health,
        AutopilotEventKind.Action => Proto.AutopilotEventKind.Action,
        AutopilotEventKind.Refusal => Proto.AutopilotEventKind.Refusal,
        _ => throw Unwritable(value),
    };

    public static AutopilotEventKind From(Proto.AutopilotEventKind value) => value switch
    {
        Proto.AutopilotEventKind.Health => AutopilotEventKind.Health,
        Proto.AutopilotEventKind.Action => AutopilotEventKind.Action,
        Proto.AutopilotEventKind.Refusal => AutopilotEventKind.Refusal,
        _ => throw Unknown("kind of autopilot event", (int)value),
    };

    public static Proto.Suffrage To(Suffrage value) => value switch
    {
        Suffrage.Voter => Proto.Suffrage.Voter,
        Suffrage.NonVoter => Proto.Suffrage.NonVoter,
        _ => throw Unwritable(value),
    };

    public static Suffrage From(Proto.Suffrage value) => value switch
    {
        Proto.Suffrage.Voter => Suffrage.Voter,
        Proto.Suffrage.NonVoter => Suffrage.NonVoter,
        _ => throw Unknown("suffrage", (int)value),
    };

    private static ArgumentException Unwritable<T>(T value) where T : struct, Enum =>
        new($"{typeof(T).Name} {value} has no number in the schema", nameof(value));

    private static WireFormatException Unknown(string what, int value) =>
        new(FormattableString.Invariant($"unknown {what} {value}"));
}

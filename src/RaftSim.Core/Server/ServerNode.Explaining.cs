using RaftSim.Autopilot;

namespace RaftSim.Server;

// What the leader's autopilot has told, and how it explains itself.
public sealed partial class ServerNode
{
    private readonly AutopilotHistory _history = new();

    // The name is that of now: once a server is removed and forgotten, nobody could say who it was.
    private void Remember(AutopilotEvent told, MonoTime now)
    {
        string name = told.Server.IsNone ? "" : NameAt(AddressOf(told.Server));
        _history.Add(new(WallTimeAt(now), told.Kind, told.Server, name, told.Text));
    }

    /// <summary>What the leader's autopilot would go by at this moment; changes nothing.</summary>
    internal AutopilotState? AutopilotStateAt(MonoTime now) => _autopilot.IsRunning ? _autopilot.StateBy(Look(now)) : null;

    private AutopilotExplanationReply Explain(MonoTime now) =>
        new(_autopilot.Explain(Look(now), now) with { Events = _history.Events });
}

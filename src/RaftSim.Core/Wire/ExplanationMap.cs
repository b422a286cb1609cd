using RaftSim.Autopilot;

namespace RaftSim.Wire;

/// <summary>Autopilot's explanation of itself to and from its generated classes.</summary>
internal static class ExplanationMap
{
    public static Proto.AutopilotExplanation To(AutopilotExplanation explanation)
    {
        Proto.AutopilotExplanation result = new()
        {
            Time = explanation.Time.UnixNanos,
            FirstStateTime = explanation.FirstStateTime.UnixNanos,
            StateTime = explanation.StateTime.UnixNanos,
            NextRound = explanation.NextRound.UnixNanos,
            Problem = explanation.Problem,
        };
        result.Servers.AddRange(explanation.Servers.Select(To));
        result.Events.AddRange(explanation.Events.Select(To));
        return result;
    }

    public static AutopilotExplanation From(Proto.AutopilotExplanation explanation)
    {
        WireText.CheckCount(explanation.Servers.Count, "servers");
        if (explanation.Events.Count > Limits.AutopilotEventsMax)
        {
            throw new WireFormatException(FormattableString.Invariant(
                $"{explanation.Events.Count} events, more than {Limits.AutopilotEventsMax}"));
        }

        return new()
        {
            Time = new(explanation.Time),
            FirstStateTime = new(explanation.FirstStateTime),
            StateTime = new(explanation.StateTime),
            NextRound = new(explanation.NextRound),
            Problem = explanation.Problem,
            Servers = [.. explanation.Servers.Select(From)],
            Events = [.. explanation.Events.Select(From)],
        };
    }

    private static Proto.ServerExplanation To(ServerExplanation server) => new()
    {
        Id = server.Id.ToString(),
        Name = server.Name,
        Address = server.Address.ToString(),
        State = EnumMap.To(server.State),
        Healthy = server.Health.Healthy,
        StableSince = server.Health.StableSince.UnixNanos,
        HealthReason = server.HealthReason,
        Outlook = server.Outlook,
    };

    private static ServerExplanation From(Proto.ServerExplanation server) => new()
    {
        Id = WireText.Id(server.Id),
        Name = server.Name,
        Address = WireText.Address(server.Address),
        State = EnumMap.From(server.State),
        Health = new(server.Healthy, new(server.StableSince)),
        HealthReason = server.HealthReason,
        Outlook = server.Outlook,
    };

    private static Proto.AutopilotEvent To(PastAutopilotEvent told) => new()
    {
        Time = told.Time.UnixNanos,
        Kind = EnumMap.To(told.Kind),
        Server = told.Server.ToString(),
        Name = told.Name,
        Text = told.Text,
    };

    private static PastAutopilotEvent From(Proto.AutopilotEvent told) => new(
        new(told.Time), EnumMap.From(told.Kind), WireText.Id(told.Server), told.Name, told.Text);
}

using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Http.Nomad;

/// <summary>The body of <c>GET …/autopilot/explain</c>, which Nomad does not have: written as Nomad's ordinary ones.</summary>
internal static class AutopilotExplanationBody
{
    /// <summary>Keys in alphabetical order, servers by id, events with the newest last, lists never <c>null</c>.</summary>
    public static byte[] Encode(AutopilotExplanation explanation, bool pretty) => NomadJson.Reply(pretty, json =>
    {
        json.BeginObject();
        List(json, "Events", explanation.Events, Encode);
        Time(json, "FirstStateTime", explanation.FirstStateTime);
        Time(json, "NextRound", explanation.NextRound);
        json.Text("Problem", explanation.Problem);
        List(json, "Servers", explanation.Servers, Encode);
        Time(json, "StateTime", explanation.StateTime);
        Time(json, "Time", explanation.Time);
        json.EndObject();
    });

    private static void Encode(NomadJson json, ServerExplanation server)
    {
        json.Text("Address", server.Address.ToString());
        json.Text("HealthReason", server.HealthReason);
        json.Bool("Healthy", server.Health.Healthy);
        json.Text("ID", server.Id.ToString());
        json.Text("Name", server.Name);
        json.Text("Outlook", server.Outlook);
        Time(json, "StableSince", server.Health.StableSince);
        json.Text("State", StateText(server.State));
    }

    private static void Encode(NomadJson json, PastAutopilotEvent told)
    {
        json.Text("ID", told.Server.ToString());
        json.Text("Kind", KindText(told.Kind));
        json.Text("Name", told.Name);
        json.Text("Text", told.Text);
        Time(json, "Time", told.Time);
    }

    private static void List<T>(NomadJson json, string name, IReadOnlyList<T> items, Action<NomadJson, T> encode)
    {
        json.Name(name);
        json.BeginArray();
        foreach (T item in items)
        {
            json.Element();
            json.BeginObject();
            encode(json, item);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void Time(NomadJson json, string name, WallTime time)
    {
        json.Name(name);
        if (time.IsNone)
        {
            json.Null();
        }
        else
        {
            json.Text(GoTime.Exact(time));
        }
    }

    internal static string StateText(RaftState state) => state switch
    {
        RaftState.Leader => "leader",
        RaftState.Voter => "voter",
        RaftState.NonVoter => "non-voter",
        RaftState.Staging => "staging",
        _ => "none",
    };

    private static string KindText(AutopilotEventKind kind) => kind switch
    {
        AutopilotEventKind.Health => "health",
        AutopilotEventKind.Action => "action",
        _ => "refusal",
    };
}

using RaftSim.Server;

namespace RaftSim.Http.Nomad;

/// <summary>The reply to a transfer of leadership. Source: Nomad HTTP API, "Transfer Leadership".</summary>
internal static class TransferLeadershipBody
{
    /// <summary>The reply's bytes.</summary>
    public static byte[] Encode(TransferLeadershipReply reply, bool isPretty) => NomadJson.Reply(isPretty, json =>
    {
        json.BeginObject();
        json.Name("Err");
        json.Null();
        Server(json, "From", reply.From, reply.FromAddress);
        json.Bool("Noop", reply.From == reply.To);
        Server(json, "To", reply.To, reply.ToAddress);
        json.EndObject();
    });

    private static void Server(NomadJson json, string name, ServerId id, ServerAddress address)
    {
        json.Name(name);
        json.BeginObject();
        json.Text("Address", address.ToString());
        json.Text("ID", id.ToString());
        json.EndObject();
    }
}

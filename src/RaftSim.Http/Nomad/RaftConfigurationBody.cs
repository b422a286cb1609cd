using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Http.Nomad;

/// <summary>
/// The body of <c>GET /v1/operator/raft/configuration</c>. Source: Nomad HTTP API, "Read Raft Configuration".
/// </summary>
internal static class RaftConfigurationBody
{
    /// <summary>Keys in alphabetical order, servers in the order of the configuration, <c>null</c> for none.</summary>
    public static byte[] Encode(RaftConfigurationReply reply, bool pretty) => NomadJson.Reply(pretty, json =>
    {
        json.BeginObject();
        json.Number("Index", reply.Index.Value);
        json.Name("Servers");
        if (reply.Servers.Count == 0)
        {
            json.Null();
        }
        else
        {
            json.BeginArray();
            foreach (RaftConfigurationServer server in reply.Servers)
            {
                json.Element();
                Encode(json, server);
            }

            json.EndArray();
        }

        json.EndObject();
    });

    private static void Encode(NomadJson json, RaftConfigurationServer server)
    {
        json.BeginObject();
        json.Text("Address", server.Address.ToString());
        json.Text("ID", server.Id.ToString());
        json.Bool("Leader", server.IsLeader);
        json.Text("Node", server.Node);
        json.Text("RaftProtocol", server.RaftProtocol);
        json.Bool("Voter", server.Suffrage == Suffrage.Voter);
        json.EndObject();
    }
}

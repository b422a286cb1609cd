using System.Buffers.Binary;
using System.Security.Cryptography;
using RaftSim.Cli.Output;
using RaftSim.Cli.Settings;
using RaftSim.Raft;
using RaftSim.Runtime;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Cli.Commands;

/// <summary>
/// <c>raftsim storage recover</c>: a new membership for a stopped server whose cluster has lost its majority for good.
/// </summary>
internal static class StorageRecovery
{
    private const string Price = """
        What this gives up:
          1. Entries that were acknowledged by servers that are gone, and that are not in this log, are lost.
          2. Entries of this log that were never committed become committed, even if whoever asked for them was told
             that they failed.
          3. A server that is removed must never be started with its old data folder again: such servers may elect a
             leader of their own, and then there are two (split brain), or it overwrites what the others have written.
             Empty its folder first: then it joins as a new server.
          4. Only one server may be treated like this, the one with the longest log: the highest term of the last entry,
             and of several with that term, the one with the highest index. Compare the lines "Last entry" of
             `raftsim storage inspect --data-dir DIR` on all servers that are left.
        """;

    /// <summary>Runs it.</summary>
    public static int Run(StoredLog log, string? peers, bool isSure, Terminal terminal)
    {
        if (string.IsNullOrEmpty(peers))
        {
            throw new UsageException("--peers: must be given");
        }

        IReadOnlyList<ListedPeer> listed = PeerList.Parse(peers, rule => Wrong(peers, rule));

        // What it says about a folder that cannot be recovered is what the other tools say.
        log.Read();

        // From here on nobody else can change the folder: what is decided on is what is written to.
        using DataFolder folder = DataFolder.OpenToAppend(log.Folder);
        (LogReading reading, _) = log.Read(folder);
        Prng prng = new(BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        MembershipRecovery plan =
            MembershipRecovery.Plan(reading, [.. listed.Select(peer => peer.Address)], prng, out string problem)
            ?? throw Wrong(peers, problem);
        Explain(plan, listed, log.Folder, terminal.Out);
        foreach (string note in StorageVerification.Notes(reading))
        {
            terminal.Out.WriteLine($"note: {note}");
        }

        if (!isSure && !IsConfirmed(reading.Id, terminal))
        {
            throw new UsageException($"the answer is not {reading.Id}: nothing was changed");
        }

        folder.Append(reading, plan.Batch);
        terminal.Out.WriteLine($"Done: entry {plan.Index} of term {plan.Term} is durable. Start the servers that go on."
            + " To have others join them, empty their folders, and list everybody in --peers.");
        return 0;
    }

    private static UsageException Wrong(string peers, string rule) => new($"--peers \"{peers}\": {rule}");

    private static bool IsConfirmed(ServerId id, Terminal terminal)
    {
        terminal.Out.Write("Type the server's id to go on: ");
        terminal.Out.Flush();
        string? answer = terminal.In.ReadLine();
        if (answer is null)
        {
            terminal.Out.WriteLine();
        }

        return string.Equals(answer?.Trim(), id.Value, StringComparison.Ordinal);
    }

    private static void Explain(
        MembershipRecovery plan, IReadOnlyList<ListedPeer> listed, string folder, TextWriter output)
    {
        output.WriteLine($"The folder {folder} belongs to server {plan.Self.Id} at {plan.Self.Address}.");
        output.WriteLine($"Its log ends at entry {plan.Index.Previous}, its term is {plan.TermBefore}.");
        output.WriteLine($"Entry {plan.Index} of term {plan.Term}, far above every election so far, is to replace the "
            + $"membership of entry {plan.BeforeIndex}:");
        List<string[]> rows = [["Server", "Address", "Name", "Now", "Then"]];
        foreach (ref readonly ConfiguredServer server in plan.Before.Servers)
        {
            ServerAddress address = server.Address;
            string name = listed.FirstOrDefault(peer => peer.Address == address).Name ?? "";
            string then = plan.After.Contains(server.Id) ? "voter" : "removed";
            rows.Add(
            [
                server.Id.ToString(), address.ToString(), name, EntryGist.Of(server.Suffrage),
                server.Id == plan.Self.Id ? $"{then}, this server" : then,
            ]);
        }

        Columns.Print(output, "  ", rows);
        output.WriteLine();
        output.WriteLine(Price);
        if (plan.IsMajority)
        {
            output.WriteLine("note: these servers are a majority of the voters: started together, they should elect a "
                + "leader without this. Go on only if they do not.");
        }
    }
}

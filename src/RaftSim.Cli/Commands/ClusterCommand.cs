using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;
using RaftSim.Cli.Output;
using RaftSim.Cli.Settings;
using RaftSim.Runtime;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim cluster</c>: several servers in this process, for trying things out.</summary>
internal static class ClusterCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "cluster";

    /// <summary>Makes it.</summary>
    public static Command Create(Terminal terminal)
    {
        Command command = new(Name, "Runs a cluster of real servers in this process, each with its own ports and folder, "
            + "until Ctrl+C. Started again with the same folder, it continues.");
        SettingOptions options = new(command, KnownSettings.OfCluster);
        command.SetAction((parsed, _) => RunAsync(options.Read(parsed, terminal), terminal, terminal.CatchInterruption()));
        return command;
    }

    private static async Task<int> RunAsync(SettingValues values, Terminal terminal, CancellationToken interrupted)
    {
        string? folder = values.Flag(KnownSettings.Ephemeral)
            ? null
            : Path.GetFullPath(values.Text(KnownSettings.ClusterDataDir), terminal.Folder);
        ClusterLayout layout = ClusterLayout.Decide(values, folder);
        int next = 0;
        using ILoggerFactory loggers = LogLines.CreateFactory(values, terminal);
        await using LocalCluster cluster = new(new LocalClusterOptions
        {
            Servers = layout.Count,
            DataFolder = folder,
            Bind = i => IPEndPoint.Parse(layout.Raft[i]),
            Configure = server =>
            {
                ServerSettings.ApplyCommon(values, server);
                ServerSettings.ApplyTags(values, next++, layout.Count, server);
            },
            Loggers = loggers,
        });
        EventLines events = new(terminal);
        using IDisposable subscription = cluster.Subscribe((server, raised) => events.Add(server.Name, server.Status, raised));

        // Disposed before the cluster is, but stopped after it: the cluster's end answers the requests under way.
        await using WebServers webs = new();
        for (int i = 0; i < layout.Count; i++)
        {
            await webs.StartAsync(cluster.Servers[i], layout.Http[i], LogLines.LevelOf(values), terminal);
        }

        await cluster.StartAsync(interrupted);
        ClusterLayout actual = new(webs.Addresses, [.. cluster.Servers.Select(server => server.Address.Value)]);
        if (folder is not null)
        {
            actual.Save(folder);
        }

        AddressTable.Print(terminal, [.. cluster.Servers.Select((server, i) => new AddressRow(
            server.Name, $"http://{actual.Http[i]}", actual.Raft[i],
            folder is null ? "memory" : Path.Combine(folder, server.Name)))]);
        terminal.Out.WriteLine($"Try: curl http://{actual.Http[0]}/v1/operator/autopilot/health. Ctrl+C stops the cluster.");
        events.Begin();
        await Ending.WaitAsync(cluster.Completion, interrupted);
        await cluster.DisposeAsync();
        return 0;
    }
}

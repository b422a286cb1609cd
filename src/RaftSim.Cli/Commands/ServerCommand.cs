using System.CommandLine;
using Microsoft.Extensions.Logging;
using RaftSim.Cli.Output;
using RaftSim.Cli.Settings;
using RaftSim.Runtime;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim server</c>: one server in this process.</summary>
internal static class ServerCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "server";

    /// <summary>Makes it.</summary>
    public static Command Create(Terminal terminal)
    {
        Command command = new(Name, "Runs one server, until Ctrl+C. Give every server the same --peers: once all of them "
            + "have met, they form the cluster.");
        SettingOptions options = new(command, KnownSettings.OfServer);
        command.SetAction((parsed, _) => RunAsync(options.Read(parsed, terminal), terminal, terminal.CatchInterruption()));
        return command;
    }

    private static async Task<int> RunAsync(SettingValues values, Terminal terminal, CancellationToken interrupted)
    {
        RaftServerOptions options = ServerSettings.OfServer(values);
        options.DataFolder = options.DataFolder is null ? null : Path.GetFullPath(options.DataFolder, terminal.Folder);
        using ILoggerFactory loggers = LogLines.CreateFactory(values, terminal);
        await using ServerHost server = new(options, loggers: loggers);
        EventLines events = new(terminal);
        using IDisposable subscription = server.Subscribe(raised => events.Add(server.Name, server.Status, raised));
        await using WebServers webs = new();
        await webs.StartAsync(
            server, ServerSettings.EndPoint(values, KnownSettings.Http).ToString(), LogLines.LevelOf(values), terminal);
        await server.StartAsync(interrupted);
        AddressTable.Print(terminal,
        [
            new AddressRow(
                server.Name, $"http://{webs.Addresses[0]}", server.Address.Value, options.DataFolder ?? "memory"),
        ]);
        events.Begin();
        await Ending.WaitAsync(server.Completion, interrupted);
        await server.StopAsync(CancellationToken.None);
        return 0;
    }
}

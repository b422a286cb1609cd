using System.CommandLine;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim storage</c>: tools for the data folder of a stopped server.</summary>
internal static class StorageCommand
{
    private static readonly Option<string?> _folder = new("--data-dir")
    {
        Description = "The folder of one server, such as ./raftsim-data/s1.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> _entries = new("--entries")
    {
        Description = "Lists the entries of the log from index A to index B, too.",
        HelpName = "A..B",
    };

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "Prints one JSON object.",
        Arity = ArgumentArity.Zero,
    };

    private static readonly Option<string?> _peers = new("--peers")
    {
        Description = "NAME=IP:PORT,… (or IP:PORT,…): the Raft addresses of the servers that go on, this one included. "
            + "Servers are told by address; names are for people.",
        HelpName = "LIST",
    };

    private static readonly Option<bool> _yes = new("--yes")
    {
        Description = "Does not ask.",
        Arity = ArgumentArity.Zero,
    };

    /// <summary>Makes it.</summary>
    public static Command Create(Terminal terminal) => new(
        "storage", "Looks at the data folder of a stopped server, checks it, or gives it a new membership.")
    {
        Inspect(terminal), Verify(terminal), Recover(terminal),
    };

    private static Command Inspect(Terminal terminal)
    {
        Command command = new("inspect", "Says what is in a data folder. Writes nothing.") { _folder, _entries, _json };
        command.SetAction(parsed => StorageInspection.Run(
            new StoredLog(terminal, parsed.GetValue(_folder)),
            parsed.GetValue(_entries),
            parsed.GetValue(_json),
            terminal));
        return command;
    }

    private static Command Verify(Terminal terminal)
    {
        Command command = new("verify", "Reads all of a data folder and checks it as a server does at its start, and "
            + "every entry besides. Writes nothing.") { _folder };
        command.SetAction(parsed => StorageVerification.Run(
            new StoredLog(terminal, parsed.GetValue(_folder)), terminal));
        return command;
    }

    private static Command Recover(Terminal terminal)
    {
        Command command = new("recover", "Gives a stopped server whose cluster has lost its majority for good a new "
            + "membership. Says what that gives up, and asks before it writes.") { _folder, _peers, _yes };
        command.SetAction(parsed => StorageRecovery.Run(
            new StoredLog(terminal, parsed.GetValue(_folder)),
            parsed.GetValue(_peers),
            parsed.GetValue(_yes),
            terminal));
        return command;
    }
}

using System.Net;
using Microsoft.Extensions.Logging;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>Settings of a cluster whose servers all run in this process.</summary>
public sealed record LocalClusterOptions
{
    /// <summary>How many servers. 1 to 9; default 3. They are called s1, s2, ….</summary>
    public int Servers { get; init; } = 3;

    /// <summary>
    /// The folder that holds a folder for each server; <see langword="null"/>: everything is kept in memory, until this
    /// cluster is disposed.
    /// </summary>
    public string? DataFolder { get; init; }

    /// <summary>Where the server of a position (from 0) listens. Default: 127.0.0.1, ports that the system chooses.</summary>
    public Func<int, IPEndPoint> Bind { get; init; } = _ => new IPEndPoint(IPAddress.Loopback, 0);

    /// <summary>Changes the settings of each server; name, folder, address and peers are set already. Default: nothing.</summary>
    public Action<RaftServerOptions>? Configure { get; init; }

    /// <summary>
    /// Makes the state machine of a server, by its name, at every start of that server; <see langword="null"/>: none.
    /// </summary>
    public Func<string, IStateMachine>? StateMachine { get; init; }

    /// <summary>Where time comes from; <see langword="null"/>: the system.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Where the servers log; <see langword="null"/>: nowhere.</summary>
    public ILoggerFactory? Loggers { get; init; }
}

using System.Globalization;
using RaftSim.Raft;
using RaftSim.Runtime;
using RaftSim.Server;
using Spectre.Console;

namespace RaftSim.Cli.Output;

/// <summary>
/// Prints the events that matter, a line for each: when, which server, what. What every server says is printed once.
/// Thread-safe. Nothing is printed before <see cref="Begin"/>, which prints what happened until then.
/// </summary>
internal sealed class EventLines(Terminal terminal)
{
    // So many different texts are remembered, to know who said the same before.
    private const int RememberedMax = 512;

    private readonly Lock _printing = new();
    private readonly Dictionary<(ServerEventKind Kind, string Text), HashSet<string>> _saidBy = [];
    private readonly Queue<(ServerEventKind Kind, string Text)> _remembered = new();
    private List<(DateTimeOffset Time, string Server, ServerEvent Event)>? _early = [];

    /// <summary>Prints what was held back, and everything that comes.</summary>
    public void Begin()
    {
        lock (_printing)
        {
            foreach ((DateTimeOffset time, string server, ServerEvent raised) in _early ?? [])
            {
                Print(time, server, raised);
            }

            _early = null;
        }
    }

    /// <summary>Takes an event of a server.</summary>
    public void Add(string server, ServerStatus status, in ServerEvent raised)
    {
        if (!Matters(status, raised))
        {
            return;
        }

        DateTimeOffset now = terminal.Time.GetLocalNow();
        lock (_printing)
        {
            if (!IsNews(server, raised))
            {
                return;
            }

            if (_early is not null)
            {
                _early.Add((now, server, raised));
                return;
            }

            Print(now, server, raised);
        }
    }

    // Every follower's change of mind would bury the elections.
    private static bool Matters(ServerStatus status, in ServerEvent raised) =>
        raised.Kind is not (ServerEventKind.None or ServerEventKind.Started or ServerEventKind.Fatal)
        && (raised.Kind != ServerEventKind.RoleChanged || status.Role != RaftRole.Follower);

    // News when nobody said it yet, or when a server that did says it again: then it happened again.
    private bool IsNews(string server, in ServerEvent raised)
    {
        (ServerEventKind, string) key = (raised.Kind, raised.Text);
        if (!_saidBy.TryGetValue(key, out HashSet<string>? servers))
        {
            if (_remembered.Count >= RememberedMax)
            {
                _saidBy.Remove(_remembered.Dequeue());
            }

            _remembered.Enqueue(key);
            _saidBy.Add(key, [server]);
            return true;
        }

        if (servers.Add(server))
        {
            return false;
        }

        servers.Clear();
        servers.Add(server);
        return true;
    }

    private void Print(DateTimeOffset at, string server, in ServerEvent raised)
    {
        string time = at.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string text = raised.Text.ReplaceLineEndings(" ");
        if (terminal.Display is { } display)
        {
            display.MarkupLine(
                $"[grey]{time}[/]  [bold]{Markup.Escape(server)}[/]  [{ColourOf(raised)}]{Markup.Escape(text)}[/]");
        }
        else
        {
            terminal.Out.WriteLine($"{time}  {server}  {text}");
        }
    }

    private static string ColourOf(in ServerEvent raised) => raised.Kind switch
    {
        ServerEventKind.RoleChanged or ServerEventKind.ClusterFormed or ServerEventKind.ClusterJoined => "green",
        ServerEventKind.HealthChanged => "yellow",
        ServerEventKind.Refused => "red",
        ServerEventKind.Autopilot or ServerEventKind.Membership => "aqua",
        _ => "default",
    };
}

using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>Which messages on their way a command means: all that match, or only the first or last of them.</summary>
internal sealed class ScenarioFilter
{
    private readonly char? _which;
    private readonly ServerId? _from;
    private readonly ServerId? _to;
    private readonly RaftMessageKind? _kind;

    /// <summary>Reads [first|last] [from->to] [kind].</summary>
    public ScenarioFilter(ScenarioArguments arguments)
    {
        _which = arguments.Optional(Which);
        (_from, _to) = arguments.Optional(ScenarioArguments.Link) ?? (null, null);
        _kind = arguments.Optional(ScenarioArguments.Kind);
    }

    public List<RaftMessage> Apply(IReadOnlyList<RaftMessage> messages) =>
        Positions(messages).Select(i => messages[i]).ToList();

    /// <summary>Where they are, in order.</summary>
    public int[] Positions(IReadOnlyList<RaftMessage> messages)
    {
        int[] all = Enumerable.Range(0, messages.Count).Where(i => Matches(messages[i])).ToArray();
        return _which switch
        {
            null => all,
            'f' => all[..Math.Min(1, all.Length)],
            _ => all[Math.Max(0, all.Length - 1)..],
        };
    }

    private static char? Which(string word) => word is "first" or "last" ? word[0] : null;

    private bool Matches(in RaftMessage message) => (_from is null || message.From == _from)
        && (_to is null || message.To == _to) && (_kind is null || message.Kind == _kind);
}

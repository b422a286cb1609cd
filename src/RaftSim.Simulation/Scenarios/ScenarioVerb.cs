using System.Globalization;
using System.Text;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Scenarios;

/// <summary>Reads what a line of a scenario does or expects.</summary>
/// <param name="words">The line without its time.</param>
internal sealed class ScenarioVerb(string[] words)
{
    /// <summary>The checker that a scenario fails as.</summary>
    public const string Name = "scenario";

    private const string Leader = "leader";

    /// <summary>The highest number of a server that is named; -1 for none.</summary>
    public int ServersMax { get; private set; } = -1;

    /// <summary>Does it.</summary>
    public Action<SimWorld> Do { get; private set; } = _ => { };

    /// <summary>Null, or the rule that is broken.</summary>
    public string? TryRead() => words switch
    {
        ["crash", string who] => To(who, (world, server) => world.Crash(server)),
        ["crash", string who, string loss] => Crash(who, loss),
        ["kill", string who] => To(who, (world, server) => world.Kill(server)),
        ["restart", string who] => To(who, (world, server) => world.Restart(server)),
        ["wipe", string who] => To(who, (world, server) => world.Wipe(server)),
        ["isolate", string who] => To(who, (world, server) => world.Isolate(server)),
        ["pause", string who, string time] => At(time, span => To(who, (world, server) => world.Pause(server, span))),
        ["partition", _, ..] => Partition(),
        ["block", string from, string to] => Both(from, to, (world, one, other) => world.Block(one, other)),
        ["heal"] => Always(world => world.Heal()),
        ["slow-disk", string who, string times] => SlowDisk(who, times),
        ["full-disk", string who] => To(who, (world, server) => world.FillDisk(server, isFull: true)),
        ["free-disk", string who] => To(who, (world, server) => world.FillDisk(server, isFull: false)),
        ["stall-disk", string who, string time] => At(time, span => To(who, (world, server) => world.StallDisk(server, span))),
        ["fail-sync", string who] => To(who, (world, server) => world.FailNext(server, SimDiskFault.SyncFailure)),
        ["rot", string who] => To(who, (world, server) => world.Rot(server)),
        ["slow-link", string from, string to, string times] => SlowLink(from, to, times),
        ["limit-link", string from, string to, string bytes] => LimitLink(from, to, bytes),
        ["stall-bulk", string from, string to] => Link(from, to, (world, a, b) => world.StallBulk(a, b, isStalled: true)),
        ["free-bulk", string from, string to] => Link(from, to, (world, a, b) => world.StallBulk(a, b, isStalled: false)),
        ["cut-link", string one, string other] => Link(one, other, (world, a, b) => world.CutLink(a, b)),
        ["mend-link", string one, string other] => Link(one, other, (world, a, b) => world.MendLink(a, b)),
        ["reset-link", string one, string other] => Link(one, other, (world, a, b) => world.ResetLink(a, b)),
        ["transfer", string asked, string to] => Both(asked, to, (world, one, other) =>
            Ask(world, one, new TransferLeadershipRequest(null, SimWorld.AddressOf(other).Value))),
        ["remove", string asked, string gone] => Both(asked, gone, (world, one, other) =>
            Ask(world, one, new RemoveServerRequest(null, SimWorld.AddressOf(other).Value))),
        ["propose", string who, string text] => To(who, (world, server) =>
            Ask(world, server, new ProposeRequest(Encoding.UTF8.GetBytes(text.Trim('"'))))),
        ["propose", _, _, _, ..] => "a text with blanks stands in quotation marks: propose WHO \"some words\"",
        ["autopilot", string who, _, ..] => Configure(who),
        ["expect", ..] => Expect(),
        _ => "a verb is one of: crash, kill, restart, wipe, isolate WHO; pause WHO TIME; partition WHO... | WHO...; "
            + "block FROM TO; heal; slow-disk WHO TIMES; full-disk, free-disk WHO; stall-disk WHO TIME; fail-sync, "
            + "rot WHO; slow-link FROM TO TIMES; limit-link FROM TO BYTES|none; stall-bulk, free-bulk FROM TO; "
            + "cut-link, mend-link, reset-link ONE OTHER; transfer WHO TO; remove WHO GONE; propose WHO TEXT; "
            + "autopilot WHO SETTING=VALUE...; expect leader, expect committed N, expect voters N",
    };

    private static void Fail(string why) => throw new ViolationException(Name, why);

    private static void Ask(SimWorld world, int server, ServerRequest request)
    {
        if (!world.IsUp(server))
        {
            Fail($"s{server} is down and cannot be asked");
        }

        world.Request(server, request);
    }

    private string? Always(Action<SimWorld> action)
    {
        Do = action;
        return null;
    }

    private string? To(string who, Action<SimWorld, int> action) =>
        Find(who) is { } find ? Always(world => action(world, find(world))) : NoServer(who);

    private string? Both(string one, string other, Action<SimWorld, int, int> action)
    {
        Func<SimWorld, int>? first = Find(one);
        Func<SimWorld, int>? second = Find(other);
        return first is null || second is null
            ? NoServer(first is null ? one : other)
            : Always(world => action(world, first(world), second(world)));
    }

    private static string NoServer(string who) => $"'{who}' is not a server: use leader, or s0, s1 and so on";

    // Who it is, once it is done.
    private Func<SimWorld, int>? Find(string who)
    {
        if (who is Leader)
        {
            return world =>
            {
                if (world.Leader is not int leader)
                {
                    Fail("there is no leader");
                    return 0;
                }

                return leader;
            };
        }

        if (!Decision.TryParseServer(who, out int server))
        {
            return null;
        }

        ServersMax = Math.Max(ServersMax, server);
        return _ => server;
    }

    private string? Crash(string who, string loss)
    {
        foreach (SimDiskCrash crash in Enum.GetValues<SimDiskCrash>())
        {
            if (string.Equals(FaultCounts.Kebab(crash.ToString()), loss, StringComparison.Ordinal))
            {
                return To(who, (world, server) => world.Crash(server, crash));
            }
        }

        string names = string.Join(", ", Enum.GetNames<SimDiskCrash>().Select(FaultCounts.Kebab));
        return $"'{loss}' is not a way to lose what was not synced: use one of {names}";
    }

    private static string? At(string time, Func<Duration, string?> read) =>
        Duration.TryParse(time, out Duration span, out _) && span > Duration.Zero
            ? read(span)
            : $"'{time}' must be a time above 0, such as 2s";

    private static string? Times(string text, Func<int, string?> read) =>
        TryReadNumber(text, out int times) && times is > 0 and <= SimWorld.TimesMax
            ? read(times)
            : $"'{text}' must be a whole number above 0; 1 is as quick as usual";

    private string? SlowDisk(string who, string text) =>
        Times(text, times => To(who, (world, server) => world.SlowDisk(server, times)));

    private string? SlowLink(string from, string to, string text) =>
        Times(text, times => Link(from, to, (world, one, other) => world.SlowLink(one, other, times)));

    private string? LimitLink(string from, string to, string text)
    {
        if (text is "none")
        {
            return Link(from, to, (world, one, other) => world.LimitLink(one, other, null));
        }

        return TryReadNumber(text, out int bytes) && bytes >= SimWorld.BytesPerSecondMin
            ? Link(from, to, (world, one, other) => world.LimitLink(one, other, bytes))
            : $"'{text}' must be none, or a number of bytes a second from {SimWorld.BytesPerSecondMin} on";
    }

    // Who leads is known only when it is done.
    private string? Link(string one, string other, Action<SimWorld, int, int> action) => Both(one, other, (world, from, to) =>
    {
        if (from == to)
        {
            Fail($"s{from} has no link to itself");
        }

        action(world, from, to);
    });

    // What stands behind the bar is the other side, and says nothing new; it must be all others, or be left out.
    private string? Partition()
    {
        int bar = Array.IndexOf(words, "|");
        string[] side = bar < 0 ? words[1..] : words[1..bar];
        List<Func<SimWorld, int>> finds = [];
        foreach (string who in side)
        {
            if (Find(who) is not { } find)
            {
                return NoServer(who);
            }

            finds.Add(find);
        }

        string[] others = bar < 0 ? [] : words[(bar + 1)..];
        foreach (string who in others)
        {
            if (Find(who) is null || Array.IndexOf(side, who) >= 0)
            {
                return $"'{who}' must be a server that is not on the other side";
            }
        }

        return Always(world =>
        {
            if (bar >= 0 && side.Length + others.Length != world.ServerCount)
            {
                Fail($"a partition names all of {world.ServerCount} servers, or one side only");
            }

            world.Partition([.. finds.Select(find => find(world))]);
        });
    }

    private string? Configure(string who)
    {
        AutopilotConfig config = AutopilotConfig.Default;
        foreach (string setting in words[2..])
        {
            if (With(config, setting.Split('=')) is not { } changed)
            {
                return $"'{setting}' is not a setting: use CleanupDeadServers=true|false, LastContactThreshold=TIME, "
                    + "MaxTrailingLogs=N, MinQuorum=N, ServerStabilizationTime=TIME";
            }

            config = changed;
        }

        return To(who, (world, server) => Ask(world, server, new SetAutopilotConfigRequest(config, null)));
    }

    private static AutopilotConfig? With(AutopilotConfig config, string[] setting) => setting switch
    {
        ["CleanupDeadServers", "true" or "false"] => config with { CleanupDeadServers = setting[1] is "true" },
        ["LastContactThreshold", string value] when Duration.TryParse(value, out Duration time, out _) =>
            config with { LastContactThreshold = time },
        ["MaxTrailingLogs", string value] when TryReadNumber(value, out int count) =>
            config with { MaxTrailingLogs = (ulong)count },
        ["MinQuorum", string value] when TryReadNumber(value, out int count) => config with { MinQuorum = (ulong)count },
        ["ServerStabilizationTime", string value] when Duration.TryParse(value, out Duration time, out _) =>
            config with { ServerStabilizationTime = time },
        _ => null,
    };

    private string? Expect()
    {
        switch (words)
        {
            case [_, Leader]:
                return To(Leader, (_, _) => { });
            case [_, "committed", string text] when TryReadNumber(text, out int count):
                return Always(world => Require(world.Committed.Value >= (ulong)count, $"{world.Committed} are committed"));
            case [_, "voters", string text] when TryReadNumber(text, out int count):
                return To(Leader, (world, leader) =>
                {
                    int voters = world.Status(leader).Configuration.VoterCount;
                    Require(voters == count, $"there are {voters}");
                });
            default:
                return "what can be expected: leader; committed N, that is, at least N entries; voters N";
        }
    }

    private void Require(bool isSo, string butIs)
    {
        if (!isSo)
        {
            Fail($"{string.Join(' ', words)}: but {butIs}");
        }
    }

    private static bool TryReadNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

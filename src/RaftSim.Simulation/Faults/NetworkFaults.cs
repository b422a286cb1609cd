namespace RaftSim.Simulation.Faults;

// What befalls links and the whole network for a while.
internal static class NetworkFaults
{
    private const int BandwidthMin = 2_000;

    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.Partition, 10, strike => Split(strike, strike.World.ServerCount > 1 ? strike.Side() : [])),
        new(FaultKind.Isolate, 10, Isolate),
        new(FaultKind.OneWay, 10, strike => CutSome(strike, OneWay)),
        new(FaultKind.Bridge, 15, strike => CutSome(strike, Bridge)),
        new(FaultKind.CutLink, 10, strike => CutSome(strike, BothWays)),
        new(FaultKind.Deaf, 15, strike => CutSome(strike, strike => AllOf(strike, isHeard: true))),
        new(FaultKind.Mute, 15, strike => CutSome(strike, strike => AllOf(strike, isHeard: false))),
        new(FaultKind.FlappingLink, 15, Flap),
        new(FaultKind.SlowLink, 10, SlowLink),
        new(FaultKind.Bandwidth, 15, Bandwidth),
        new(FaultKind.BulkStall, 15, BulkStall),
        new(FaultKind.ConnectionReset, 8, Reset),
        new(FaultKind.Congestion, 20, Congestion),
        new(FaultKind.BurstLoss, 15, BurstLoss),
    ];

    private static void Split(FaultStrike strike, int[] side)
    {
        SimWorld world = strike.World;
        if (world.ServerCount > 1)
        {
            int split = world.Split(side, strike.Bite);
            strike.Impairs(side, () => world.Rejoin(split), isCut: true);
        }
    }

    private static void Isolate(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        if (strike.World.HasLeases && strike.World.ServerCount > 1 && strike.Draw.PerMille(12, 700))
        {
            LeadershipFaults.TryLease(strike, 1);
            return;
        }

        Split(strike, [server]);
        if (strike.Draw.PerMille(9, 500))
        {
            strike.Interrogate(server, strike.Span, strike.Draw);
        }
    }

    private static void CutSome(FaultStrike strike, Func<FaultStrike, List<(int From, int To)>> choose)
    {
        if (strike.World.ServerCount == 1)
        {
            return;
        }

        List<(int From, int To)> links = choose(strike);
        if (links.Count == 0)
        {
            return;
        }

        strike.Impairs(Ends(links), Cut(strike.World, links, strike.Bite), isCut: true);
    }

    /// <summary>
    /// Cuts all links of a server for a while; returns what mends them sooner. If somebody counts that, then when a message is
    /// first lost.
    /// </summary>
    internal static Action CutOff(FaultStrike strike, int server, Duration span, Action? bite = null)
    {
        List<(int From, int To)> links = [];
        for (int other = 0; other < strike.World.ServerCount; other++)
        {
            if (other != server)
            {
                links.Add((server, other));
                links.Add((other, server));
            }
        }

        return CutFor(strike, [server], links, span, bite);
    }

    /// <summary>Cuts some links of servers for a while; returns what mends them sooner.</summary>
    internal static Action CutFor(
        FaultStrike strike, ReadOnlySpan<int> servers, List<(int From, int To)> links, Duration span, Action? bite = null)
    {
        Action mend = Cut(strike.World, links, bite);
        strike.Impairs(servers, mend, span, isCut: true);
        return mend;
    }

    // Returns what mends them: once, and only if no script has healed all in the meantime, after which other cuts may be there.
    private static Action Cut(SimWorld world, List<(int From, int To)> links, Action? bite)
    {
        Change(1, "cuts");
        int heals = world.Network.Heals;
        bool isCut = true;
        return () =>
        {
            if (isCut && world.Network.Heals == heals)
            {
                Change(-1, "mends");
            }

            isCut = false;
        };

        void Change(int count, string what)
        {
            foreach ((int from, int to) in links)
            {
                world.Network.Cut(from, to, count, bite);
            }

            world.Say($"network {what} {string.Join(' ', links.Select(link => $"s{link.From}>s{link.To}"))}");
        }
    }

    private static int[] Ends(List<(int From, int To)> links) =>
        [.. links.SelectMany(link => (int[])[link.From, link.To]).Distinct().Order()];

    private static List<(int From, int To)> OneWay(FaultStrike strike) => [(strike.Server, strike.Other(strike.Server))];

    private static List<(int From, int To)> BothWays(FaultStrike strike)
    {
        int one = strike.LeaderOrServer;
        int other = strike.Other(one);
        return [(one, other), (other, one)];
    }

    // Two sides, and one server that reaches both: often the leader is not it, and sees it alone.
    private static List<(int From, int To)> Bridge(FaultStrike strike)
    {
        int[] servers = strike.Shuffled();
        int half = (servers.Length - 1) / 2;
        List<(int From, int To)> links = [];
        foreach (int one in servers[1..(1 + half)])
        {
            foreach (int other in servers[(1 + half)..])
            {
                links.Add((one, other));
                links.Add((other, one));
            }
        }

        return links;
    }

    private static List<(int From, int To)> AllOf(FaultStrike strike, bool isHeard)
    {
        int server = strike.LeaderOrServer;
        return
        [
            .. Enumerable.Range(0, strike.World.ServerCount)
                .Where(other => other != server)
                .Select(other => isHeard ? (other, server) : (server, other)),
        ];
    }

    private static void Flap(FaultStrike strike)
    {
        if (strike.World.ServerCount == 1)
        {
            return;
        }

        SimWorld world = strike.World;
        List<(int From, int To)> link = BothWays(strike);
        Duration period = strike.Draw.Between(5, Duration.Milliseconds(20), Duration.Milliseconds(800));
        Action? mend = null;
        bool isOver = false;
        Toggle();
        strike.Impairs(Ends(link), () =>
        {
            isOver = true;
            mend?.Invoke();
        });

        void Toggle()
        {
            if (isOver)
            {
                return;
            }

            if (mend is null)
            {
                mend = Cut(world, link, strike.Bite);
            }
            else
            {
                mend();
                mend = null;
            }

            strike.Later(period, Toggle);
        }
    }

    private static void SlowLink(FaultStrike strike)
    {
        int times = 8 << strike.Draw.Below(5, 11);
        OnLink(
            strike,
            $"takes {times} times as long",
            (network, from, to, isOn) => network.Slow(from, to, isOn ? times : 1, isOn ? strike.Bite : null));
    }

    private static void Bandwidth(FaultStrike strike)
    {
        int bytesPerSecond = BandwidthMin << strike.Draw.Below(5, 8);
        OnLink(
            strike,
            $"carries {bytesPerSecond} bytes a second",
            (network, from, to, isOn) => network.Limit(from, to, isOn ? bytesPerSecond : null, isOn ? strike.Bite : null));
    }

    private static void BulkStall(FaultStrike strike) => OnLink(
        strike,
        "carries nothing in bulk",
        (network, from, to, isOn) => network.StallBulk(from, to, isOn, isOn ? strike.Bite : null));

    // On one link, one way.
    private static void OnLink(FaultStrike strike, string what, Action<SimNetwork, int, int, bool> turn)
    {
        if (strike.World.ServerCount > 1)
        {
            SimNetwork network = strike.World.Network;
            int from = strike.LeaderOrServer;
            int to = strike.Other(from);
            turn(network, from, to, true);
            strike.World.Say($"link s{from}>s{to} {what}");
            strike.Impairs([from, to], () =>
            {
                turn(network, from, to, false);
                strike.World.Say($"link s{from}>s{to} is as before");
            });
        }
    }

    private static void Reset(FaultStrike strike)
    {
        if (strike.World.ServerCount > 1)
        {
            int one = strike.LeaderOrServer;
            int other = strike.Other(one);
            strike.World.Network.Reset(one, other, strike.Bite);
            strike.World.Say($"connection of s{one} and s{other} breaks");
            if (strike.IsOverdue)
            {
                // Often nothing is under way for the moment.
                strike.World.Network.ResetWhenUsed(one, other, strike.Bite);
            }
        }
    }

    private static void Congestion(FaultStrike strike)
    {
        SimNetwork network = strike.World.Network;
        network.Slow(4 << strike.Draw.Below(5, 7), strike.Bite);
        strike.World.Say($"network takes {network.Slowness} times as long");
        strike.Impairs(strike.Shuffled(), () =>
        {
            network.Slow(1);
            strike.World.Say("network is quick again");
        });
    }

    private static void BurstLoss(FaultStrike strike)
    {
        SimNetwork network = strike.World.Network;
        network.SetBurstLoss(500 + strike.Draw.Below(5, 501), strike.Bite);
        strike.World.Say($"network loses {network.BurstLossPerMille} of 1000 messages");
        strike.Impairs(strike.Shuffled(), () =>
        {
            network.SetBurstLoss(0);
            strike.World.Say("network loses no more");
        });
    }
}

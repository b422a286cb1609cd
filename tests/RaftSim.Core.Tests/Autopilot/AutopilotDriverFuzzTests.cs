using FsCheck;
using FsCheck.Fluent;
using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

// Whatever happens around it, in whatever order, the driver keeps its promises.
public sealed class AutopilotDriverFuzzTests
{
    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency(
            (8, Gen.Constant(StepKind.Run)),
            (2, Gen.Constant(StepKind.Sleep)),
            (2, Gen.Constant(StepKind.EarlyTick)),
            (4, Gen.Constant(StepKind.Status)),
            (3, Gen.Constant(StepKind.Suffrage)),
            (2, Gen.Constant(StepKind.Answers)),
            (3, Gen.Constant(StepKind.Reply)),
            (2, Gen.Constant(StepKind.Stats)),
            (1, Gen.Constant(StepKind.MinQuorum)),
            (1, Gen.Constant(StepKind.Unconfigure)),
            (6, Gen.Constant(StepKind.Succeed)),
            (1, Gen.Constant(StepKind.Fail)),
            (2, Gen.Constant(StepKind.Prune)),
            (1, Gen.Constant(StepKind.Restart)))
        from server in Gen.Choose(1, 6)
        from amount in Gen.Choose(0, 12_000)
        select new Step(kind, server, amount);

    private enum StepKind
    {
        Run,
        Sleep,
        EarlyTick,
        Status,
        Suffrage,
        Answers,
        Reply,
        Stats,
        MinQuorum,
        Unconfigure,
        Succeed,
        Fail,
        Prune,
        Restart,
    }

    // Goal: one action in flight, every action justified when it is issued, no server asked twice within an interval, and a
    // deadline that lies ahead after every tick.
    [Fact]
    public void Promises_hold_in_every_order_of_events() =>
        Prop.ForAll(Steps.ListOf(60).ToArbitrary(), static steps => new Walk().Hold(steps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(77, 13));

    private readonly record struct Step(StepKind Kind, int Server, int Amount);

    /// <summary>One random life of a driver.</summary>
    private sealed class Walk
    {
        private readonly DriverBench _bench = new(
            new("s1"),
            new("s2"),
            new("s3"),
            new("s4") { Suffrage = RaftSuffrage.NonVoter },
            new("s5") { Status = NodeStatus.Failed, Answers = false },
            new("s6") { Status = null, Answers = false })
        {
            CarriesOut = false,
        };

        private AutopilotAction? _inFlight;
        private int _seen;

        public bool Hold(IEnumerable<Step> steps)
        {
            _bench.OnIssue = Check;
            _bench.Started();
            foreach (Step step in steps)
            {
                Do(step);
                _bench.Take();

                // A tick may ask, the replies may end the round, and the tick that ends it may begin the next one.
                for (int ticks = 0; _bench.Driver.NextDeadline <= _bench.Now; ticks++)
                {
                    Assert.True(ticks < 4, "the driver spins");
                    _bench.TickAndTake();
                }
            }

            return true;
        }

        private void Do(Step step)
        {
            Peer peer = _bench[$"s{step.Server}"];
            switch (step.Kind)
            {
                case StepKind.Run:
                    _bench.Run(Duration.Milliseconds(step.Amount));
                    break;
                case StepKind.Sleep:
                    _bench.Sleep(Duration.Milliseconds(step.Amount));
                    break;
                case StepKind.EarlyTick:
                    _bench.TickAndTake();
                    break;
                case StepKind.Status:
                    peer.Status = (step.Amount % 6) switch
                    {
                        0 => null,
                        1 => NodeStatus.Failed,
                        2 => NodeStatus.Left,
                        3 => NodeStatus.Unknown,
                        _ => NodeStatus.Alive,
                    };
                    break;
                case StepKind.Suffrage:
                    peer.Suffrage = (step.Amount % 4) switch
                    {
                        0 => null,
                        1 => RaftSuffrage.NonVoter,
                        _ => RaftSuffrage.Voter,
                    };
                    break;
                case StepKind.Answers:
                    peer.Answers = !peer.Answers;
                    break;
                case StepKind.Stats:
                    peer.Stats = step.Amount % 2 == 0 ? null : new(Duration.Seconds(1), new(2), new(1));
                    break;
                case StepKind.MinQuorum:
                    _bench.Config = (_bench.Config ?? AutopilotConfig.Default) with { MinQuorum = (ulong)step.Amount % 5 };
                    break;
                case StepKind.Unconfigure:
                    _bench.Config = step.Amount % 2 == 0 ? null : AutopilotConfig.Default;
                    break;
                default:
                    Tell(step, peer);
                    break;
            }
        }

        private void Tell(Step step, Peer peer)
        {
            switch (step.Kind)
            {
                case StepKind.Reply when _bench.Asked.Count > 0:
                    _bench.Reply(peer.Id, _bench.Asked[^1].Round - (ulong)Math.Min(step.Amount % 3, _bench.Asked.Count - 1));
                    break;
                case StepKind.Succeed when _inFlight is { } action:
                    _inFlight = null;
                    _bench.CarryOut(action);
                    break;
                case StepKind.Fail when _inFlight is { } action:
                    _inFlight = null;
                    _bench.Driver.ActionCompleted(action.Id, false, "refused", _bench.Now);
                    break;
                case StepKind.Prune:
                    _bench.Driver.RequestPrune(_bench.Now);
                    break;
                case StepKind.Restart:
                    _bench.Driver.Stop();
                    _inFlight = null;
                    _bench.Asked.Clear();
                    _bench.Started();
                    break;
            }
        }

        private void Check(AutopilotReady ready)
        {
            foreach (ServerId server in ready.StatsFrom)
            {
                Assert.DoesNotContain(
                    _bench.Asked,
                    asked => asked.Server == server && _bench.Now < asked.At + DriverBench.StateInterval
                        && asked.Round != ready.StatsRound && !_bench.Replied.Contains((server, asked.Round)));
            }

            if (ready.Action is { } action)
            {
                Assert.Null(_inFlight);
                _inFlight = action;
                Assert.Equal(++_seen, _bench.Actions.Count + 1);
                Justify(action);
            }
        }

        private void Justify(AutopilotAction action)
        {
            Peer peer = _bench.Peers[action.Server];
            Assert.NotNull(_bench.Config);
            if (action.Kind == AutopilotActionKind.Promote)
            {
                Assert.Equal(RaftSuffrage.NonVoter, peer.Suffrage);
                Assert.Equal(NodeStatus.Alive, peer.Status);
                return;
            }

            Assert.NotNull(peer.Suffrage);
            Assert.NotEqual(NodeStatus.Alive, peer.Status);
            Assert.NotEqual(new ServerId("s1"), peer.Id);
            if (peer.Suffrage == RaftSuffrage.Voter)
            {
                int left = _bench.Peers.Values.Count(one => one.Suffrage == RaftSuffrage.Voter) - 1;
                int alive = _bench.Peers.Values.Count(one => one.Suffrage == RaftSuffrage.Voter
                    && (one.Status == NodeStatus.Alive || one.Id == new ServerId("s1")));
                Assert.True(alive * 2 > left, $"{alive} of {left} voters would be alive");
                Assert.True((ulong)left >= _bench.Config!.MinQuorum, $"{left} voters would be left");
            }
        }
    }
}

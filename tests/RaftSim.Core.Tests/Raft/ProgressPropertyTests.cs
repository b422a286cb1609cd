using FsCheck;
using FsCheck.Fluent;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// Dissertation §3.5 and §10.2.1: random events around what a leader knows of one follower, each only where the leader
/// could see it, against a model with plain lists.
/// </summary>
public sealed class ProgressPropertyTests
{
    private static readonly Gen<Event> Events =
        from kind in Gen.Frequency(
            (9, Gen.Constant(EventKind.Send)),
            (2, Gen.Constant(EventKind.SendEmpty)),
            (4, Gen.Constant(EventKind.Accept)),
            (2, Gen.Constant(EventKind.Reject)),
            (1, Gen.Constant(EventKind.Lose)),
            (3, Gen.Constant(EventKind.Beat)),
            (4, Gen.Constant(EventKind.Grow)),
            (2, Gen.Constant(EventKind.Commit)),
            (2, Gen.Constant(EventKind.Compact)),
            (3, Gen.Constant(EventKind.Offer)))
        from amount in Gen.Choose(0, 12)
        from other in Gen.Choose(0, 12)
        select new Event(kind, amount, other);

    // The ring of what is in flight begins with room for eight and grows.
    private static readonly Gen<Start> Starts =
        from last in Gen.Choose(0, 10)
        from window in Gen.Elements(1, 2, 3, 8, 9, 20)
        select new Start(last, window);

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(200);

    private enum EventKind
    {
        Send,
        SendEmpty,
        Accept,
        Reject,
        Lose,
        Beat,
        Grow,
        Commit,
        Compact,
        Offer,
    }

    // Goal: after any events the next index, the match, and whether more may be sent are what a plain model says; the
    // match never falls and stays below the next index, and no more is in flight than the window holds. §3.5, §10.2.1.
    [Fact]
    public void What_is_known_of_a_follower_is_what_a_plain_model_says()
    {
        var taken = new SortedDictionary<(ProgressState, EventKind), int>();
        int fullest = 0;
        Prop.ForAll(
            Starts.ToArbitrary(), Events.ToArbitrary().Array(),
            (start, events) =>
            {
                var walk = new Walk(start);
                foreach (Event happened in events)
                {
                    ProgressState state = walk.Progress.State;
                    if (walk.Take(happened))
                    {
                        taken[(state, happened.Kind)] = taken.GetValueOrDefault((state, happened.Kind)) + 1;
                    }

                    walk.Compare();
                    fullest = Math.Max(fullest, walk.InFlight);
                }
            }).Check(Runs.WithReplay(1, 7));

        // All that can happen has happened in every state: who waits for a snapshot is sent nothing else, and what it
        // refuses is old.
        Assert.Equal((3 * 10) - 3, taken.Count);
        Assert.True(taken.Values.Min() > 50 && fullest > 8, $"{fullest} in flight; {string.Join(", ", taken)}");
    }

    // Goal: no events leave a follower where the leader forgets it: once it answers again, it soon has it all. §3.5.
    [Fact]
    public void A_follower_that_answers_catches_up_from_everywhere() => Prop.ForAll(
        Starts.ToArbitrary(), Events.ToArbitrary().Array(),
        (start, events) =>
        {
            var walk = new Walk(start);
            foreach (Event happened in events)
            {
                walk.Take(happened);
            }

            walk.CatchUp();
        }).Check(Runs.WithReplay(2, 7));

    private readonly record struct Start(int Last, int Window);

    private readonly record struct Event(EventKind Kind, int Amount, int Other);

    /// <summary>What is known of a follower beside the model of it, and what of a leader both need.</summary>
    private sealed class Walk
    {
        private readonly List<ulong> _inFlight = [];
        private readonly List<ulong> _told = [];
        private readonly int _window;
        private ProgressState _state = ProgressState.Probe;
        private ulong _match;
        private ulong _next;
        private ulong _matchBefore;
        private ulong? _matchAtBeat;
        private bool _waits;
        private bool _isPingDue;
        private ulong _round;
        private ulong _last;
        private ulong _commit;
        private ulong _start;
        private ulong _sentMost;

        public Walk(Start start)
        {
            _window = start.Window;
            _last = (ulong)start.Last;
            _next = _last + 1;
            Progress = new Progress(TestCluster.Configured(2), new LogIndex(_last), start.Window, new MonoTime(5));
            Compare();
        }

        public Progress Progress { get; }

        public int InFlight => _inFlight.Count;

        private bool NeedsSnapshot => _next <= _start;

        private bool MaySend => (_state == ProgressState.Probe && !_waits)
            || (_state == ProgressState.Replicate && _inFlight.Count < _window);

        // How far the follower was told that the log is committed, since the leader last lost track of it.
        private ulong Told => _told.Append(0UL).Max();

        private bool IsCommitNews =>
            _state == ProgressState.Replicate && MaySend && Math.Min(_commit, _next - 1) > Told;

        /// <summary>Lets something happen, if it can; whether it could.</summary>
        public bool Take(Event happened)
        {
            ulong amount = (ulong)happened.Amount;
            switch (happened.Kind)
            {
                case EventKind.Send:
                    // As many as may be, of a few entries each.
                    int sent = 0;
                    while (sent <= happened.Other && Send((amount % 3) + 1))
                    {
                        sent++;
                    }

                    return sent > 0;
                case EventKind.SendEmpty:
                    return SendEmpty();
                case EventKind.Accept:
                    // A late answer, or one to what was sent, or to the snapshot.
                    ulong most = Math.Min(_last, Math.Max(_sentMost, _match));
                    Accept(most - Math.Min(amount, most));
                    return true;
                case EventKind.Reject:
                    return Reject(Math.Min(_last, _match + amount), (ulong)happened.Other);
                case EventKind.Lose:
                    Lose();
                    return true;
                case EventKind.Beat:
                    Beat(amount);
                    return true;
                case EventKind.Grow:
                    _last += amount * 2;
                    return true;
                case EventKind.Commit:
                    _commit = Math.Min(_commit + (amount * 2), _last);
                    return true;
                case EventKind.Compact:
                    _start = Math.Max(_start, _commit - Math.Min(amount / 3, _commit));
                    return true;
                default:
                    return Offer();
            }
        }

        public void Compare()
        {
            Progress p = Progress;
            Assert.Equal((_state, _match, _next, MaySend), (p.State, p.Match.Value, p.Next.Value, p.MaySend));
            Assert.Equal(
                (_waits, _isPingDue, Told, _round), (p.IsProbeOut, p.IsPingDue, p.CommitSent.Value, p.HeardRound));

            // What the model must not get wrong together with the code.
            Assert.True(p.Match < p.Next && p.Next.Value <= _last + 1, $"{p.Match} < {p.Next} <= {_last} + 1");
            Assert.InRange(p.Match.Value, _matchBefore, _last);
            Assert.InRange(_inFlight.Count, 0, _window);
            _matchBefore = p.Match.Value;
        }

        /// <summary>
        /// From now on nothing is lost, the follower answers, and the leader goes by what it knows, without the model.
        /// </summary>
        public void CatchUp()
        {
            // The follower has what it has said to have, and no more: all that was on its way is lost.
            Progress p = Progress;
            LogIndex has = p.Match;
            var last = new LogIndex(_last);
            for (int rounds = 0; p.Match < last || p.State != ProgressState.Replicate; rounds++)
            {
                Assert.True(rounds < 10, $"{p.State} at {p.Match} of {last}, next {p.Next}");
                p.HeartbeatAnswered(_round, last);
                bool needsSnapshot = p.Next.Value <= _start;
                if (p.State == ProgressState.Snapshot ? p.IsPingDue : needsSnapshot)
                {
                    p.SnapshotOffered();
                    has = new LogIndex(_start);
                    p.Accepted(has);
                }

                bool isDue = p.IsPingDue || (p.MaySend && (p.Next <= last || p.State == ProgressState.Probe));
                if (!isDue || p.State == ProgressState.Snapshot)
                {
                    continue;
                }

                LogIndex previous = p.Next.Previous;
                LogIndex end = p.MaySend ? last : previous;
                p.Sent((int)(end - previous), new LogIndex(_commit));
                if (previous <= has)
                {
                    has = LogIndex.Max(has, end);
                    p.Accepted(end);
                }
                else if (p.IsFreshRejection(previous))
                {
                    p.Rejected(has);
                }
            }
        }

        // The leader sends entries as long as there are some; while probing, also none.
        private bool Send(ulong countMax)
        {
            ulong count = Math.Min(countMax, _last + 1 - _next);
            bool isDue = MaySend && !NeedsSnapshot && (count > 0 || _state == ProgressState.Probe);
            if (isDue)
            {
                Sent(count);
            }

            return isDue;
        }

        private bool SendEmpty()
        {
            bool isDue = _state != ProgressState.Snapshot && !NeedsSnapshot && (_isPingDue || IsCommitNews);
            if (isDue)
            {
                Sent(0);
            }

            return isDue;
        }

        private void Sent(ulong count)
        {
            ulong last = _next - 1 + count;
            Progress.Sent((int)count, new LogIndex(_commit));
            _sentMost = Math.Max(_sentMost, last);
            _isPingDue = false;
            _told.Add(Math.Min(_commit, last));
            if (_state == ProgressState.Probe)
            {
                _waits = true;
            }
            else if (count > 0)
            {
                _inFlight.Add(last);
                _next = last + 1;
            }
        }

        private void Accept(ulong index)
        {
            Assert.Equal(index > _match, Progress.Accepted(new LogIndex(index)));
            if (index < _match)
            {
                return;
            }

            // What ends the wait of a snapshot is only what the follower did not have before.
            bool meets = _state == ProgressState.Probe || (_state == ProgressState.Snapshot && index > _match);
            _match = index;
            _inFlight.RemoveAll(last => last <= index);
            _next = meets ? index + 1 : Math.Max(_next, index + 1);
            if (meets)
            {
                (_state, _waits) = (ProgressState.Replicate, false);
            }
        }

        // As the leader takes a refusal of what stood behind an index of its log: only when it is news, and leads back.
        private bool Reject(ulong index, ulong meeting)
        {
            bool isNews = _state switch
            {
                ProgressState.Probe => index + 1 == _next,
                ProgressState.Replicate => _match < index && index < _next,
                _ => false,
            };
            Assert.Equal(isNews, Progress.IsFreshRejection(new LogIndex(index)));
            if (!isNews || meeting >= index)
            {
                return false;
            }

            Progress.Rejected(new LogIndex(meeting));
            _next = (_state == ProgressState.Replicate ? _match : Math.Max(meeting, _match)) + 1;
            LoseTrack(ProgressState.Probe);
            _waits = false;
            return true;
        }

        private void Lose()
        {
            Progress.Unreachable();
            _waits = true;
            if (_state == ProgressState.Replicate)
            {
                _next = _match + 1;
                LoseTrack(ProgressState.Probe);
            }
        }

        private void Beat(ulong round)
        {
            Progress.HeartbeatAnswered(round, new LogIndex(_last));
            _round = Math.Max(_round, round);
            bool isStuck = _state switch
            {
                ProgressState.Probe => _waits,
                ProgressState.Replicate => _match < _last && _match == _matchAtBeat,
                _ => true,
            };
            _isPingDue = _isPingDue || isStuck;
            _matchAtBeat = _match;
        }

        private bool Offer()
        {
            bool isDue = _state == ProgressState.Snapshot ? _isPingDue : NeedsSnapshot;
            if (isDue)
            {
                Progress.SnapshotOffered();
                LoseTrack(ProgressState.Snapshot);
                (_waits, _isPingDue) = (false, false);

                // The snapshot ends at or behind the start of the log.
                _sentMost = Math.Max(_sentMost, _start);
            }

            return isDue;
        }

        private void LoseTrack(ProgressState state)
        {
            _state = state;
            _inFlight.Clear();
            _told.Clear();
        }
    }
}

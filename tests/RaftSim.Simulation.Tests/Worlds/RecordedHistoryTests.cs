using System.Buffers.Binary;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Tests.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>The two judges of linearizability, with the log for a witness and without, over histories of worlds.</summary>
public sealed class RecordedHistoryTests
{
    // Goal: what callers of real worlds were answered is linearizable by the search, too, which knows of no log.
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public void What_the_oracle_lets_pass_the_search_does(ulong seed)
    {
        Recorder recorder = Record(seed);
        Assert.True(HistorySearch.Judge(new TallyModel(), recorder.History()).IsLinearizable);
        Assert.Null(recorder.Replay());
    }

    // Goal: give a caller an earlier caller's answer: whenever there is no order any more, the oracle objects. A search that was
    // given up says nothing.
    [Fact]
    public void What_the_search_objects_to_the_oracle_does()
    {
        Recorder recorder = Record(4);
        int[] queries = [.. recorder.Answers.Where(i => recorder.Reply(i) is QueryReply)];
        int objections = 0;
        for (int i = 1; i < queries.Length; i++)
        {
            ServerReply own = recorder.Reply(queries[i]);
            recorder.Exchange(queries[i], recorder.Reply(queries[i / 2]));
            if (HistorySearch.Judge(new TallyModel(), recorder.History()) is { IsDecided: true, IsLinearizable: false })
            {
                objections++;
                Assert.Equal("linearizability", recorder.Replay());
            }

            recorder.Exchange(queries[i], own);
        }

        Assert.True(objections > 20, $"{objections} objections show little");
    }

    private static Recorder Record(ulong seed)
    {
        Recorder recorder = new();
        SimWorld world = new(seed, 3, new SimOptions { Checkers = [recorder] });
        Draw draw = new(seed);
        world.AwaitLeader();
        for (int i = 0; i < 150; i++)
        {
            int server = draw.At(i).Below(1, 3);
            if (i == 70)
            {
                world.Kill(server);
                world.RunFor(Duration.Milliseconds(300));
                world.Restart(server);
            }
            else if (world.IsUp(server))
            {
                // Every question is the same, so that one's answer may pass for another's.
                world.Request(server, draw.At(i).PerMille(2, 500)
                    ? new QueryRequest("?"u8.ToArray())
                    : new ProposeRequest(BitConverter.GetBytes(i)));
            }

            world.RunFor(draw.At(i).Around(3, Duration.Milliseconds(20)));
        }

        world.RunFor(Duration.Seconds(20));
        return recorder;
    }

    /// <summary>Writes down everything that the oracle is told.</summary>
    private sealed class Recorder : IChecker
    {
        private readonly List<object> _told = [];

        public string Name => "recorder";

        public IEnumerable<int> Answers => Enumerable.Range(0, _told.Count).Where(i => _told[i] is ReplyObservation);

        public void Applied(in AppliedObservation observation) => _told.Add(observation);

        public void Queried(in QueryObservation observation) => _told.Add(observation);

        public void Requested(int server, ServerRequest request) => _told.Add(request);

        public void Replied(in ReplyObservation observation) => _told.Add(observation);

        public ServerReply Reply(int at) => ((ReplyObservation)_told[at]).Reply;

        public void Exchange(int at, ServerReply reply) => _told[at] = (ReplyObservation)_told[at] with { Reply = reply };

        /// <summary>As callers saw it: what was asked when, and what was answered.</summary>
        public RecordedOperation<TallyOperation>[] History()
        {
            List<RecordedOperation<TallyOperation>> history = [];
            for (int i = 0; i < _told.Count; i++)
            {
                if (_told[i] is not ServerRequest request)
                {
                    continue;
                }

                int at = _told.FindIndex(told => told is ReplyObservation reply && ReferenceEquals(reply.Request, request));
                bool isCommand = request is ProposeRequest;
                ReadOnlyMemory<byte> result = at < 0 ? default : Reply(at) switch
                {
                    CommandReply command => command.Result,
                    QueryReply query => query.Result,
                    _ => default,
                };
                bool isUnknown = at < 0 || Reply(at) is ErrorReply { Kind: ServerErrorKind.OutcomeUnknown };
                if (!result.IsEmpty)
                {
                    history.Add(new(new(isCommand, BinaryPrimitives.ReadUInt64LittleEndian(result.Span)), i, at));
                }
                else if (isCommand && isUnknown)
                {
                    history.Add(new(new(isCommand, null), i, null));
                }
            }

            return [.. history];
        }

        /// <summary>Who objects when the oracle is told all of it again; null when nobody does.</summary>
        public string? Replay()
        {
            Linearizability oracle = new(new CommitHistory(), new Shown()) { IsTally = true };
            try
            {
                foreach (object told in _told)
                {
                    Tell(oracle, told);
                }
            }
            catch (ViolationException violation)
            {
                return violation.Checker;
            }

            return null;
        }

        private static void Tell(Linearizability oracle, object told)
        {
            switch (told)
            {
                case AppliedObservation applied:
                    oracle.Applied(applied);
                    break;
                case QueryObservation queried:
                    oracle.Queried(queried);
                    break;
                case ReplyObservation replied:
                    oracle.Replied(replied);
                    break;
                case ServerRequest request:
                    oracle.Requested(0, request);
                    break;
            }
        }
    }
}

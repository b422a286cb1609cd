using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Core.Tests.Server;

/// <summary>A snapshot fetched over a network that does what networks do, beside an oracle that keeps plain sets.</summary>
public sealed class SnapshotFetchTests
{
    private static readonly ServerId _leader = new("leader");
    private static readonly LogPosition _last = new(new(50), new(3));

    // Goal: chunks that come in any order, twice, late, damaged, from elsewhere, or not at all: what is written is the
    // snapshot, in order; no more than the window is under way; asked for again is only what is missing.
    [Fact]
    public void What_is_written_is_the_snapshot_in_order()
    {
        int asked = 0;
        int chunks = 0;
        for (ulong seed = 1; seed <= 400; seed++)
        {
            FetchOracle oracle = new(seed);
            oracle.Run();
            asked += oracle.Asked;
            chunks += oracle.Chunks;
        }

        Assert.True(chunks > 4_000, $"{chunks} chunks show little");
        Assert.True(asked > chunks + (chunks / 5), $"{asked} requests for {chunks} chunks: hardly any was lost");
    }

    // Goal: before anything of a snapshot is known, one chunk is asked for, and once.
    [Fact]
    public void The_first_chunk_is_asked_for_alone()
    {
        SnapshotFetch fetch = new(_leader, _last);

        Assert.True(fetch.TryNextToAsk(out ulong chunk));
        Assert.Equal(0UL, chunk);
        Assert.False(fetch.TryNextToAsk(out _));
        Assert.Null(fetch.Snapshot);
    }

    // Goal: the window is of bytes, and at least one chunk however large.
    [Theory]
    [InlineData(64, 32)]
    [InlineData(32 << 10, 32)]
    [InlineData(64 << 10, 16)]
    [InlineData(1 << 20, 1)]
    [InlineData(4 << 20, 1)]
    public void The_window_is_of_bytes(int chunkBytes, int wanted)
    {
        StoredSnapshot snapshot = new(new(1, 2), new(7, 8), _last, chunkBytes);
        SnapshotFetch fetch = new(_leader, _last);
        Assert.True(fetch.TryNextToAsk(out _));
        Assert.True(fetch.TryTake(new(snapshot, 0, Sealed(snapshot, 0, false), 1_000)));
        Assert.True(fetch.TryNextToWrite(out _));

        int asked = 0;
        while (fetch.TryNextToAsk(out ulong chunk))
        {
            Assert.Equal((ulong)++asked, chunk);
        }

        Assert.Equal(wanted, asked);
    }

    // Goal: the next chunk is handed out when the one before is durable, not sooner.
    [Fact]
    public void One_chunk_is_written_at_a_time()
    {
        StoredSnapshot snapshot = new(new(1, 2), new(7, 8), _last, 64);
        SnapshotFetch fetch = new(_leader, _last);
        Assert.False(fetch.TryNextToWrite(out _));
        fetch.TryNextToAsk(out _);
        fetch.TryTake(new(snapshot, 0, Sealed(snapshot, 0, false), 2));
        fetch.TryNextToAsk(out _);
        fetch.TryTake(new(snapshot, 1, Sealed(snapshot, 1, true), 2));

        Assert.True(fetch.TryNextToWrite(out _));
        Assert.True(fetch.IsChunkBeingWritten);
        Assert.False(fetch.TryNextToWrite(out _));
        fetch.Written();
        Assert.True(fetch.TryNextToWrite(out _));
        fetch.Written();
        Assert.False(fetch.TryNextToWrite(out _));
        Assert.False(fetch.TryNextToAsk(out _));
    }

    // Goal: an answer that says that the snapshot is gone, or is none at all, ends the fetch, first or later.
    [Fact]
    public void What_is_no_chunk_of_it_ends_the_fetch()
    {
        StoredSnapshot snapshot = new(new(1, 2), new(7, 8), _last, 64);
        byte[] good = Sealed(snapshot, 0, false);
        SnapshotChunk[] none =
        [
            new(new(snapshot.Id, snapshot.Cluster, _last, 0), 0, default, 0),
            new(snapshot, 0, default, 5),
            new(snapshot, 5, good, 5),
            new(snapshot with { Id = default }, 0, good, 5),
            new(snapshot with { ChunkBytes = 63 }, 0, good, 5),
            new(snapshot with { ChunkBytes = (4 << 20) + 1 }, 0, good, 5),
        ];
        foreach (SnapshotChunk chunk in none)
        {
            SnapshotFetch fetch = new(_leader, _last);
            fetch.TryNextToAsk(out _);
            Assert.False(fetch.TryTake(chunk));
            Assert.Null(fetch.Snapshot);
            Assert.True(fetch.TryTake(new(snapshot, 0, good, 5)));
            Assert.False(fetch.TryTake(chunk));
            Assert.Equal(snapshot, fetch.Snapshot);
        }

        SnapshotFetch other = new(_leader, _last);
        other.TryNextToAsk(out _);
        other.TryTake(new(snapshot, 0, good, 5));
        StoredSnapshot another = snapshot with { Id = new(3, 4) };
        Assert.False(other.TryTake(new(another, 1, Sealed(another, 1, false), 5)));
    }

    internal static byte[] Sealed(in StoredSnapshot snapshot, ulong number, bool isLast)
    {
        int length = isLast ? snapshot.ChunkBytes / 3 : snapshot.ChunkBytes;
        byte[] chunk = new byte[SnapshotFormat.ChunkHeaderBytes + length];
        chunk.AsSpan(SnapshotFormat.ChunkHeaderBytes).Fill((byte)(number + 1));
        SnapshotFormat.SealChunk(chunk, snapshot.Id, number, isLast);
        return chunk;
    }

    /// <summary>One fetch, step by step, with everything that was asked, came and was written in plain sets.</summary>
    private sealed class FetchOracle
    {
        private readonly Prng _prng;
        private readonly string _hint;
        private readonly StoredSnapshot _snapshot;
        private readonly SnapshotFetch _fetch = new(_leader, _last);
        private readonly List<byte[]> _chunks = [];
        private readonly List<ulong> _answers = [];
        private readonly SortedSet<ulong> _arrived = [];
        private readonly SortedSet<ulong> _underWay = [];
        private readonly List<byte[]> _written = [];
        private readonly ulong _window;
        private bool _isWriting;

        internal FetchOracle(ulong seed)
        {
            _prng = new(seed);
            _hint = $"seed {seed}";
            int chunkBytes = _prng.Chance(1, 5) ? 100_000 : 64 + (int)_prng.Below(100);
            _snapshot = new(new(seed, 2), new(7, 8), _last, chunkBytes);
            _window = chunkBytes == 100_000 ? 10UL : 32;
            ulong count = 1 + _prng.Below(chunkBytes == 100_000 ? 15UL : 60);
            for (ulong i = 0; i < count; i++)
            {
                _chunks.Add(Sealed(_snapshot, i, i == count - 1));
            }
        }

        internal int Asked { get; private set; }

        internal int Chunks => _chunks.Count;

        internal void Run()
        {
            int steps = 0;
            while (_written.Count < _chunks.Count || _isWriting)
            {
                Assert.True(++steps < 20_000, $"{_hint}: it does not come to an end");
                switch (_prng.Below(8))
                {
                    case 0 when _answers.Count == 0 || _prng.Chance(1, 4):
                        AskAgain();
                        break;
                    case 1 or 2:
                        Ask();
                        break;
                    case 3 or 4 when _isWriting:
                        _fetch.Written();
                        _isWriting = false;
                        break;
                    case 5:
                        Write();
                        break;
                    default:
                        Answer();
                        break;
                }
            }

            Assert.False(_fetch.TryNextToAsk(out ulong more), $"{_hint}: chunk {more} was asked for at the end");
            for (int i = 0; i < _chunks.Count; i++)
            {
                Assert.True(_chunks[i].AsSpan().SequenceEqual(_written[i]), $"{_hint}: chunk {i} is another");
            }
        }

        private void Ask()
        {
            while (_fetch.TryNextToAsk(out ulong chunk))
            {
                ulong window = _fetch.Snapshot is null ? 1 : _window;
                Assert.True(chunk < (ulong)_chunks.Count, $"{_hint}: there is no chunk {chunk}");
                Assert.True(chunk < (ulong)_written.Count + window, $"{_hint}: chunk {chunk} is outside the window");
                Assert.True(!_arrived.Contains(chunk), $"{_hint}: chunk {chunk} is there already");
                Assert.True(chunk >= (ulong)_written.Count, $"{_hint}: chunk {chunk} is written already");
                Assert.True(_underWay.Add(chunk), $"{_hint}: chunk {chunk} was asked for twice");
                Asked++;
                _answers.Add(chunk);
            }

            ulong end = Math.Min(
                (ulong)_chunks.Count, (ulong)_written.Count + (_fetch.Snapshot is null ? 1 : _window));
            for (ulong i = (ulong)_written.Count; i < end; i++)
            {
                Assert.True(_arrived.Contains(i) || _underWay.Contains(i), $"{_hint}: chunk {i} was not asked for");
            }
        }

        private void AskAgain()
        {
            _underWay.Clear();
            _fetch.AskAgain();
            Ask();
        }

        // One of the answers under way: taken, lost, damaged, twice, of another number, or of another snapshot.
        private void Answer()
        {
            if (_answers.Count == 0)
            {
                return;
            }

            int at = (int)_prng.Below((ulong)_answers.Count);
            ulong number = _answers[at];
            byte[] bytes = _chunks[(int)number];
            ulong fate = _prng.Below(10);
            if (fate > 1)
            {
                _answers.RemoveAt(at);
            }

            bool isKnown = _fetch.Snapshot is not null;
            if (fate is 2 or 3)
            {
                return;
            }

            if (fate == 4 && isKnown)
            {
                StoredSnapshot other = _snapshot with { Id = new(99, 99) };
                SnapshotChunk foreign = new(other, number, Sealed(other, number, false), Count);
                Assert.False(_fetch.TryTake(foreign), _hint);
                return;
            }

            if (fate is 4 or 5)
            {
                byte[] damaged = [.. bytes];
                damaged[(int)_prng.Below((ulong)bytes.Length)] ^= (byte)(1 << (int)_prng.Below(8));
                Assert.True(_fetch.TryTake(new(_snapshot, number, damaged, Count)), _hint);
                return;
            }

            if (fate == 6)
            {
                // The bytes of one under the number of another, and with some more at their end.
                Assert.True(number + 1 >= Count || _fetch.TryTake(new(_snapshot, number + 1, bytes, Count)), _hint);
                Assert.True(_fetch.TryTake(new(_snapshot, number, (byte[])[.. bytes, 0], Count)), _hint);
                return;
            }

            Assert.True(_fetch.TryTake(new(_snapshot, number, bytes, Count)), _hint);
            if (number >= (ulong)_written.Count)
            {
                // It was asked for once; by whom it was asked for again does not matter.
                _arrived.Add(number);
            }
        }

        private ulong Count => (ulong)_chunks.Count;

        private void Write()
        {
            bool isThere = !_isWriting && _arrived.Remove((ulong)_written.Count);
            Assert.True(
                isThere == _fetch.TryNextToWrite(out ReadOnlyMemory<byte> chunk), $"{_hint}: chunk {_written.Count}");
            if (isThere)
            {
                _written.Add(chunk.ToArray());
                _isWriting = true;
            }
        }
    }
}

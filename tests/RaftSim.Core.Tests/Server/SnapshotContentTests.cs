using RaftSim.Server;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Core.Tests.Server;

/// <summary>From a state into the chunks of a snapshot and back.</summary>
public sealed class SnapshotContentTests
{
    private const int ChunkBytes = 64;

    private static readonly int[] _lengths =
    [
        0, 1, ChunkBytes - 1, ChunkBytes, ChunkBytes + 1, (3 * ChunkBytes) - 1, 3 * ChunkBytes, (3 * ChunkBytes) + 1,
    ];

    // Goal: whatever the lengths of state and manifest, what is taken is restored byte for byte: at every boundary of a
    // chunk, with manifests that end inside one, at its end, and chunks later.
    [Fact]
    public void What_is_taken_is_restored()
    {
        int atTheEnd = 0;
        for (int configuration = 0; configuration <= 4 * ChunkBytes; configuration++)
        {
            foreach (int length in _lengths)
            {
                SnapshotManifest manifest = Manifest(configuration);
                byte[] state = [.. Enumerable.Range(0, length).Select(i => (byte)(i + configuration))];
                byte[] prefix = SnapshotPrefix.Of(SnapshotMap.Encode(manifest));

                List<byte[]> chunks = Take(prefix, state, out SnapshotTaking taking);
                byte[] restored = Restore(chunks, taking.Stored, out SnapshotRestore restore);

                string what = $"a manifest with {configuration} bytes, a state of {length}";
                Assert.True(state.AsSpan().SequenceEqual(restored), what);
                Assert.True(SnapshotMap.Encode(restore.Manifest!).AsSpan().SequenceEqual(prefix.AsSpan(4)), what);
                Assert.Equal(prefix.Length + length, taking.Length);
                Assert.Equal(taking.Length, restore.Length);
                Assert.Equal(taking.Length, restore.Handle.Length);
                Assert.Equal(taking.Handle.Last, restore.Handle.Last);

                // A last chunk is short, if need be empty: its length is what tells that it is the last.
                Assert.Equal((prefix.Length + length) / ChunkBytes, chunks.Count - 1);
                atTheEnd += (prefix.Length + length) % ChunkBytes == 0 ? 1 : 0;
            }
        }

        Assert.True(atTheEnd > 20, $"{atTheEnd} contents of whole chunks show little");
    }

    // Goal: a snapshot that ends inside its manifest restores nothing.
    [Fact]
    public void A_cut_manifest_is_none()
    {
        byte[] prefix = SnapshotPrefix.Of(SnapshotMap.Encode(Manifest(100)));
        for (int length = 0; length < prefix.Length; length++)
        {
            SnapshotRestore restore = new(1, Stored);
            Assert.True(restore.Take(prefix.AsMemory(0, length)).IsEmpty);
            Assert.Null(restore.Manifest);
        }
    }

    // Goal: a length that nobody wrote is damage, not an allocation.
    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData((64 << 20) + 1)]
    public void An_absurd_length_is_damage(int length)
    {
        SnapshotRestore restore = new(1, Stored);

        Assert.True(restore.Take(BitConverter.GetBytes(length)).IsEmpty);
        Assert.True(restore.Take(new byte[100]).IsEmpty);
        Assert.Null(restore.Manifest);
        Assert.Equal($"the snapshot's manifest cannot have {length} bytes", restore.Problem);
    }

    // Goal: bytes that are no manifest are damage, told as such.
    [Fact]
    public void A_manifest_that_cannot_be_read_is_damage()
    {
        SnapshotRestore restore = new(1, Stored);

        InvariantException fault = Assert.Throws<InvariantException>(
            () => restore.Take(SnapshotPrefix.Of([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])));
        Assert.StartsWith("the beginning of a snapshot cannot be read: ", fault.Message, StringComparison.Ordinal);
    }

    private static StoredSnapshot Stored => new(new(1, 2), new(7, 8), new(new(50), new(3)), ChunkBytes);

    private static SnapshotManifest Manifest(int bytes) =>
        new(new(12), Enumerable.Range(0, bytes).Select(i => (byte)(i * 7)).ToArray(), null, new(3), new(9), Duration.Seconds(4));

    private static List<byte[]> Take(byte[] prefix, byte[] state, out SnapshotTaking taking)
    {
        taking = new(1, new(Stored.Last, new(12), default, 0), Stored, prefix);
        List<byte[]> chunks = [];
        int read = 0;
        bool isLast;
        do
        {
            Memory<byte> room = taking.NextChunk();
            int count = Math.Min(room.Length, state.Length - read);
            state.AsMemory(read, count).CopyTo(room);
            read += count;
            ReadOnlyMemory<byte> chunk = taking.Seal(count);
            Assert.Null(SnapshotFormat.CheckChunk(chunk.Span, Stored, (ulong)chunks.Count, out int length, out isLast));
            Assert.Equal(chunk.Length, length);
            chunks.Add(chunk.ToArray());
        }
        while (!isLast);
        Assert.Equal(state.Length, read);
        return chunks;
    }

    private static byte[] Restore(List<byte[]> chunks, in StoredSnapshot stored, out SnapshotRestore restore)
    {
        restore = new(2, stored);
        List<byte> restored = [];
        foreach (byte[] chunk in chunks)
        {
            restored.AddRange(restore.Take(chunk.AsMemory(SnapshotFormat.ChunkHeaderBytes)).Span);
        }

        return [.. restored];
    }
}

using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Server;

/// <summary>A stored snapshot on its way into the state machine, chunk by chunk.</summary>
/// <param name="number">The number of its steps in the apply stage.</param>
/// <param name="snapshot">Which snapshot.</param>
internal sealed class SnapshotRestore(ulong number, in StoredSnapshot snapshot)
{
    private readonly SnapshotPrefix _prefix = new();

    public ulong Number { get; } = number;

    public StoredSnapshot Snapshot { get; } = snapshot;

    /// <summary>Why it has no manifest.</summary>
    public string Problem => _prefix.Broken ?? SnapshotPrefix.Short;

    /// <summary>What stands in front, once it was read.</summary>
    public SnapshotManifest? Manifest { get; private set; }

    /// <summary>The next chunk to read.</summary>
    public ulong NextChunk { get; set; }

    /// <summary>By which number it was asked for.</summary>
    public ulong Tag { get; set; }

    /// <summary>Whether the chunk read last is the last one.</summary>
    public bool IsAtEnd { get; set; }

    /// <summary>Bytes of content so far.</summary>
    public long Length { get; private set; }

    public SnapshotHandle Handle =>
        new(Snapshot.Last, Manifest!.ConfigurationIndex, Manifest.Configuration, Length);

    /// <summary>Takes what it needs of a chunk's content; returns what is the state machine's.</summary>
    public ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> content)
    {
        Length += content.Length;
        content = _prefix.Take(content);
        if (Manifest is null && _prefix.IsWhole)
        {
            Manifest = SnapshotMap.Decode(_prefix.Bytes);
        }

        return content;
    }
}

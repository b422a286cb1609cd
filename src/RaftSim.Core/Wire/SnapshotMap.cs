using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Snapshots on their way from server to server, and what stands at their beginning.</summary>
internal static class SnapshotMap
{
    // Client sessions, then the state machine's bytes.
    private const uint Content = 1;

    public static Proto.SnapshotRequest To(SnapshotRequest request) => new()
    {
        IdHigh = request.Id.High,
        IdLow = request.Id.Low,
        Index = request.Last.Index.Value,
        Term = request.Last.Term.Value,
        Chunk = request.Chunk,
    };

    public static SnapshotRequest From(Proto.SnapshotRequest request) => new(
        new(request.IdHigh, request.IdLow), new(new(request.Index), new(request.Term)), request.Chunk);

    public static Proto.SnapshotChunk To(SnapshotChunk chunk) => new()
    {
        IdHigh = chunk.Snapshot.Id.High,
        IdLow = chunk.Snapshot.Id.Low,
        ClusterHigh = chunk.Snapshot.Cluster.High,
        ClusterLow = chunk.Snapshot.Cluster.Low,
        Index = chunk.Snapshot.Last.Index.Value,
        Term = chunk.Snapshot.Last.Term.Value,
        ChunkBytes = chunk.Snapshot.ChunkBytes,
        Chunk = chunk.Number,
        Chunks = chunk.Chunks,
        Data = UnsafeByteOperations.UnsafeWrap(chunk.Bytes),
    };

    public static SnapshotChunk From(Proto.SnapshotChunk chunk) => new(
        new(
            new(chunk.IdHigh, chunk.IdLow),
            new(chunk.ClusterHigh, chunk.ClusterLow),
            new(new(chunk.Index), new(chunk.Term)),
            chunk.ChunkBytes),
        chunk.Chunk,
        chunk.Data.Memory,
        chunk.Chunks);

    /// <summary>The bytes of a manifest.</summary>
    public static byte[] Encode(SnapshotManifest manifest)
    {
        Proto.SnapshotManifest result = new()
        {
            ConfigurationIndex = manifest.ConfigurationIndex.Value,
            Configuration = UnsafeByteOperations.UnsafeWrap(manifest.Configuration),
            Autopilot = manifest.Autopilot is { } config ? AutopilotMap.To(config) : null,
            AutopilotCreateIndex = manifest.CreateIndex.Value,
            AutopilotModifyIndex = manifest.ModifyIndex.Value,
            ClusterTime = manifest.ClusterTime.Nanos,
            Content = Content,
        };
        return result.ToByteArray();
    }

    /// <summary>Reads a manifest; throws <see cref="InvariantException"/> when it is none.</summary>
    public static SnapshotManifest Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            Proto.SnapshotManifest manifest = EnvelopeWire.Parse(Proto.SnapshotManifest.Parser, bytes);
            if (manifest.Content != Content)
            {
                throw new WireFormatException($"its content is of kind {manifest.Content}, but this program knows {Content}");
            }

            return new(
                new(manifest.ConfigurationIndex),
                manifest.Configuration.Memory,
                manifest.Autopilot is null ? null : AutopilotMap.From(manifest.Autopilot),
                new(manifest.AutopilotCreateIndex),
                new(manifest.AutopilotModifyIndex),
                new(manifest.ClusterTime));
        }
        catch (WireFormatException fault)
        {
            throw new InvariantException($"the beginning of a snapshot cannot be read: {fault.Message}", fault);
        }
    }
}

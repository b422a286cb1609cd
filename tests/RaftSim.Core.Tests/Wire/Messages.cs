using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Core.Tests.Wire;

/// <summary>Fixed messages.</summary>
internal static class Messages
{
    public static readonly ServerId Leader = new("1e0f2a64-5d1c-4c8f-9f4e-0a2b3c4d5e6f");
    public static readonly ServerId Follower = new("2f1e3b75-6e2d-4d90-a05f-1b3c4d5e6f70");

    /// <summary>An Append as a busy leader sends it.</summary>
    public static Envelope Append(int entries, int payloadBytes)
    {
        LogEntry[] chunk = new LogEntry[entries];
        for (int i = 0; i < entries; i++)
        {
            byte[] payload = new byte[payloadBytes];
            payload.AsSpan().Fill((byte)i);
            chunk[i] = new(new(1_001 + (ulong)i), new(7), EntryKind.Command, payload);
        }

        return Wrap(ServerMessage.Of(new RaftMessage
        {
            Kind = RaftMessageKind.Append,
            From = Leader,
            To = Follower,
            Term = new(7),
            Index = new(1_000),
            LogTerm = new(6),
            Commit = new(990),
            AddedAt = new(3),
            Entries = chunk,
        }));
    }

    /// <summary>A message from the leader to the follower.</summary>
    public static Envelope Wrap(ServerMessage message) => new()
    {
        Cluster = new(0x0102_0304_0506_0708, 0x1112_1314_1516_1718),
        From = Leader,
        FromDisk = new(0x2122_2324_2526_2728, 1),
        FromAddress = new("10.0.0.1:4647"),
        To = Follower,
        ToDisk = new(0x3132_3334_3536_3738, 2),
        ToAddress = new("10.0.0.2:4647"),
        Lane = Lane.Bulk,
        Message = message,
    };
}

using System.Buffers.Binary;
using RaftSim.Wire;

namespace RaftSim.Server;

// Client sessions as the first part of a snapshot's content: each with its length in front, a length of 0 behind the last.
internal static class SessionContent
{
    public const int LengthBytes = sizeof(int);

    /// <summary>A session with its length; only the length 0 for null.</summary>
    public static ReadOnlyMemory<byte> Of(Session? session)
    {
        ReadOnlySpan<byte> body = session is null ? default : SessionMap.Encode(session);
        byte[] bytes = new byte[LengthBytes + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, body.Length);
        body.CopyTo(bytes.AsSpan(LengthBytes));
        return bytes;
    }
}

/// <summary>Captured sessions, then a captured state: a session is encoded when its turn comes.</summary>
internal sealed class SessionSource(Session[] sessions, ISnapshotSource inner) : ISnapshotSource
{
    private ReadOnlyMemory<byte> _encoded;
    private int _next;

    public int Read(Span<byte> buffer)
    {
        if (_encoded.IsEmpty && _next <= sessions.Length)
        {
            _encoded = SessionContent.Of(_next < sessions.Length ? sessions[_next] : null);
            _next++;
        }

        if (_encoded.IsEmpty)
        {
            return inner.Read(buffer);
        }

        int length = Math.Min(_encoded.Length, buffer.Length);
        _encoded.Span[..length].CopyTo(buffer);
        _encoded = _encoded[length..];
        return length;
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>Takes sessions, then hands on what is the state machine's; both change together, at the end.</summary>
internal sealed class SessionSink(SessionTable table, ISnapshotSink inner) : ISnapshotSink
{
    private readonly List<Session> _sessions = [];
    private byte[] _part = new byte[SessionContent.LengthBytes];
    private int _filled;
    private bool _isLength = true;
    private bool _hasAll;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!_hasAll && bytes.Length > 0)
        {
            int length = Math.Min(bytes.Length, _part.Length - _filled);
            bytes[..length].CopyTo(_part.AsSpan(_filled));
            bytes = bytes[length..];
            _filled += length;
            if (_filled == _part.Length)
            {
                TakePart();
            }
        }

        if (bytes.Length > 0)
        {
            inner.Write(bytes);
        }
    }

    public void Commit()
    {
        Invariant.Require(_hasAll, "a snapshot holds all of its sessions");
        inner.Commit();
        table.Restore(_sessions);
    }

    public void Dispose() => inner.Dispose();

    private void TakePart()
    {
        int next = SessionContent.LengthBytes;
        if (_isLength)
        {
            next = BinaryPrimitives.ReadInt32LittleEndian(_part);
            Invariant.Require(next >= 0, "a session in a snapshot has a length");
            _hasAll = next == 0;
        }
        else
        {
            _sessions.Add(SessionMap.Decode(_part));
        }

        // A session keeps slices of its bytes: the next part gets an array of its own.
        _isLength = !_isLength;
        _part = new byte[next];
        _filled = 0;
    }
}

namespace RaftSim.Storage;

/// <summary>
/// A disk that lives and dies with the process: for servers that keep nothing and for tests. Operations are carried out
/// when they are submitted; their ends wait for the owner in <see cref="TryTakeCompletion"/>. Not thread-safe.
/// </summary>
public sealed class MemoryDisk : IDisk
{
    private readonly SortedDictionary<FileId, Content> _files = [];
    private readonly Queue<DiskCompletion> _completions = new();

    /// <inheritdoc/>
    public void Submit(in DiskOp op) => _completions.Enqueue(op.Kind switch
    {
        DiskOpKind.List => new(op.Ticket, DiskStatus.Ok, Files: _files.Keys.ToArray()),
        DiskOpKind.Create => _files.TryAdd(op.File, new Content())
            ? new(op.Ticket, DiskStatus.Ok)
            : new(op.Ticket, DiskStatus.Failed, Detail: "the file exists"),
        DiskOpKind.SyncDirectory => new(op.Ticket, DiskStatus.Ok),
        _ => _files.TryGetValue(op.File, out Content? file)
            ? new(op.Ticket, DiskStatus.Ok, Execute(file, op))
            : new(op.Ticket, DiskStatus.NotFound, Detail: "no such file"),
    });

    /// <summary>The end of the oldest operation whose end was not yet taken; false if there is none.</summary>
    public bool TryTakeCompletion(out DiskCompletion completion) => _completions.TryDequeue(out completion);

    private long Execute(Content file, in DiskOp op)
    {
        switch (op.Kind)
        {
            case DiskOpKind.Size:
                return file.Length;
            case DiskOpKind.Read:
                return file.Read(op.Offset, op.Buffer.Span);
            case DiskOpKind.Write:
                file.Write(checked((int)op.Offset), op.Data.Span);
                break;
            case DiskOpKind.Preallocate:
                file.SetLength(Math.Max(file.Length, checked((int)op.Length)));
                break;
            case DiskOpKind.Truncate:
                file.SetLength(checked((int)op.Length));
                break;
            case DiskOpKind.Rename:
                _files.Remove(op.File);
                _files[op.Target] = file;
                break;
            case DiskOpKind.Delete:
                _files.Remove(op.File);
                break;
        }

        return 0;
    }

    private sealed class Content
    {
        private byte[] _bytes = [];

        internal int Length { get; private set; }

        internal int Read(long offset, Span<byte> buffer)
        {
            int start = (int)Math.Min(offset, Length);
            int count = Math.Min(buffer.Length, Length - start);
            _bytes.AsSpan(start, count).CopyTo(buffer);
            return count;
        }

        internal void Write(int offset, ReadOnlySpan<byte> data)
        {
            SetLength(Math.Max(Length, checked(offset + data.Length)));
            data.CopyTo(_bytes.AsSpan(offset));
        }

        internal void SetLength(int length)
        {
            if (length > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(length, (int)Math.Min(_bytes.Length * 2L, Array.MaxLength)));
            }
            else if (length < Length)
            {
                _bytes.AsSpan(length, Length - length).Clear();
            }

            Length = length;
        }
    }
}

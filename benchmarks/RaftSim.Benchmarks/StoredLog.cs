using System.Collections.Concurrent;
using RaftSim.Runtime;
using RaftSim.Storage;

namespace RaftSim.Benchmarks;

/// <summary>A log as a server has written it, in memory and on request as files; recovered any number of times.</summary>
internal sealed class StoredLog : IDisk
{
    private const int BatchesPerFlush = 1024;

    private readonly MemoryDisk _disk = new();
    private ulong _entries;

    /// <summary>How many bytes were written: frames, and the heads of segments.</summary>
    public long Bytes { get; private set; }

    /// <summary>Makes a log that has at least so many bytes.</summary>
    public static StoredLog Make(long bytes, int entryBytes, int entriesPerBatch)
    {
        StoredLog stored = new();
        WriteAheadLog log = Open(stored);
        stored.Complete(log);
        byte[] payload = new byte[entryBytes];
        Array.Fill(payload, (byte)7);
        LogEntry[] entries = new LogEntry[entriesPerBatch];
        ReadOnlyMemory<LogEntry>[] slices = [entries];
        for (ulong sequence = 1; stored.Bytes < bytes; sequence++)
        {
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = new LogEntry(new(++stored._entries), new(1), EntryKind.Command, payload);
            }

            HardState? hardState = sequence == 1 ? new HardState(new(1), default) : null;
            log.Append(new LogBatch(sequence, Cluster: null, hardState, TruncateFrom: null, slices));
            if (sequence % BatchesPerFlush == 0 || entryBytes * entriesPerBatch >= 64 << 10)
            {
                log.Flush();
                stored.Complete(log);
            }
        }

        log.Flush();
        stored.Complete(log);
        return stored;
    }

    /// <inheritdoc/>
    public void Submit(in DiskOp op)
    {
        Bytes += op.Kind == DiskOpKind.Write ? op.Data.Length : 0;
        _disk.Submit(op);
    }

    /// <summary>Reads it back as a server does at its start.</summary>
    public int Recover()
    {
        WriteAheadLog log = Open(_disk);
        Complete(log);
        return Check(log);
    }

    /// <summary>The same with the files that <see cref="CopyTo"/> wrote.</summary>
    public int RecoverFrom(string folder)
    {
        using BlockingCollection<DiskCompletion> completions = [];
        using FileDisk disk = new(folder, completions.Add);
        WriteAheadLog log = Open(disk);
        WriteAheadLogEvent happened;
        while (!log.TryTakeEvent(out happened))
        {
            log.Complete(completions.Take());
        }

        CoreGroup.Require(happened.Kind == WriteAheadLogEventKind.Opened);
        return Check(log);
    }

    /// <summary>Writes it into a folder, as the files that it is.</summary>
    public void CopyTo(string folder)
    {
        foreach (FileId file in Ask(new DiskOp(1, DiskOpKind.List)).Files.ToArray())
        {
            byte[] bytes = new byte[Ask(new DiskOp(2, DiskOpKind.Size, file)).Length];
            Ask(new DiskOp(3, DiskOpKind.Read, file, Buffer: bytes));
            File.WriteAllBytes(Path.Combine(folder, file.Name), bytes);
        }
    }

    private static WriteAheadLog Open(IDisk disk)
    {
        WriteAheadLog log = new(disk, new WriteAheadLogOptions
        {
            NewId = new ServerId("1e0f2a64-5d1c-4c8f-9f4e-0a2b3c4d5e6f"),
            NewDisk = new DiskId(1, 1),
        });
        log.Open();
        return log;
    }

    private DiskCompletion Ask(in DiskOp op)
    {
        _disk.Submit(op);
        CoreGroup.Require(_disk.TryTakeCompletion(out DiskCompletion completion) && completion.Status == DiskStatus.Ok);
        return completion;
    }

    private void Complete(WriteAheadLog log)
    {
        while (_disk.TryTakeCompletion(out DiskCompletion completion))
        {
            log.Complete(completion);
        }

        while (log.TryTakeEvent(out WriteAheadLogEvent happened))
        {
            CoreGroup.Require(happened.Kind != WriteAheadLogEventKind.Failed);
        }
    }

    private int Check(WriteAheadLog log)
    {
        int count = log.Recovered.Entries.Count;
        CoreGroup.Require((ulong)count == _entries);
        return count;
    }
}

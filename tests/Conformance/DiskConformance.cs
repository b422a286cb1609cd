using RaftSim.Storage;

namespace RaftSim.Conformance;

/// <summary>What every <see cref="IDisk"/> must do. A harness submits and waits; nothing here knows which disk it is.</summary>
public abstract class DiskConformance
{
    private static readonly FileId A = new("a");
    private static readonly FileId B = new("b");

    /// <summary>The disk of this test; empty at first.</summary>
    protected abstract IDisk Disk { get; }

    /// <summary>Waits for the next completion.</summary>
    protected abstract DiskCompletion AwaitCompletion();

    /// <summary>Stops using the disk and opens the same folder again; what was synced must still be there.</summary>
    protected abstract void Reopen();

    // Goal: the names come back in ordinal order, whatever order they were made in.
    [Fact]
    public void List_is_in_ordinal_order()
    {
        foreach (string name in new[] { "b", "a-2", "B", "a", "a-10" })
        {
            Ok(new(1, DiskOpKind.Create, new(name)));
        }

        Assert.Equal(["B", "a", "a-10", "a-2", "b"], Names());
    }

    // Goal: a new disk is empty.
    [Fact]
    public void List_of_an_empty_disk_is_empty() => Assert.Empty(Names());

    // Goal: a file is never silently emptied by a second creation.
    [Fact]
    public void Create_of_an_existing_file_fails()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2, 3);

        Assert.Equal(DiskStatus.Failed, Do(new(2, DiskOpKind.Create, A)).Status);
        Assert.Equal([1, 2, 3], Read(A, 0, 3));
    }

    // Goal: a new file has no bytes.
    [Fact]
    public void Created_file_is_empty()
    {
        Ok(new(1, DiskOpKind.Create, A));

        Assert.Equal(0, Ok(new(2, DiskOpKind.Size, A)).Length);
        Assert.Empty(Read(A, 0, 16));
    }

    // Goal: what was written is read back, also across the boundary of two writes.
    [Fact]
    public void Read_returns_what_was_written()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2, 3, 4);
        Write(A, 4, 5, 6, 7, 8);
        Write(A, 2, 9, 9);

        Assert.Equal([2, 9, 9, 5], Read(A, 1, 4));
        Assert.Equal(8, Ok(new(2, DiskOpKind.Size, A)).Length);
    }

    // Goal: a read over the end says how much there was and leaves the rest of the buffer alone.
    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(100, 0)]
    public void Read_over_the_end_is_short(long offset, int expected)
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 7, 7, 7);
        byte[] buffer = [9, 9, 9, 9];

        Assert.Equal(expected, Ok(new(2, DiskOpKind.Read, A, Offset: offset, Buffer: buffer)).Length);
        Assert.All(buffer[..expected], value => Assert.Equal(7, value));
        Assert.All(buffer[expected..], value => Assert.Equal(9, value));
    }

    // Goal: a write behind the end leaves zeros between.
    [Fact]
    public void Write_behind_the_end_leaves_zeros()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 5, 1);

        Assert.Equal([0, 0, 0, 0, 0, 1], Read(A, 0, 10));
    }

    // Goal: preallocated space reads as zeros, keeps what was there, and counts as length.
    [Fact]
    public void Preallocate_fills_with_zeros_behind_what_is_there()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2);
        Ok(new(2, DiskOpKind.Preallocate, A, Length: 200_000));

        Assert.Equal(200_000, Ok(new(3, DiskOpKind.Size, A)).Length);
        byte[] all = Read(A, 0, 200_001);
        Assert.Equal(200_000, all.Length);
        Assert.Equal([1, 2], all[..2]);
        Assert.DoesNotContain(all[2..], value => value != 0);
    }

    // Goal: preallocation never shortens a file.
    [Fact]
    public void Preallocate_of_less_than_there_is_does_nothing()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2, 3);
        Ok(new(2, DiskOpKind.Preallocate, A, Length: 2));

        Assert.Equal([1, 2, 3], Read(A, 0, 9));
    }

    // Goal: what was cut off does not come back when the file grows again.
    [Fact]
    public void Truncate_cuts_for_good()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2, 3, 4);
        Ok(new(2, DiskOpKind.Truncate, A, Length: 2));
        Ok(new(3, DiskOpKind.Preallocate, A, Length: 4));

        Assert.Equal([1, 2, 0, 0], Read(A, 0, 9));
    }

    // Goal: a rename takes the contents along and replaces a file of the new name.
    [Fact]
    public void Rename_replaces()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1);
        Ok(new(2, DiskOpKind.Create, B));
        Write(B, 0, 2, 2);
        Ok(new(3, DiskOpKind.Rename, A, B));

        Assert.Equal(["b"], Names());
        Assert.Equal([1], Read(B, 0, 9));
    }

    // Goal: a renamed file can be written on under its new name, and its old name is free again.
    [Fact]
    public void Renamed_file_is_written_under_its_new_name()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1);
        Ok(new(2, DiskOpKind.Rename, A, B));
        Write(B, 1, 2);
        Ok(new(3, DiskOpKind.Create, A));
        Write(A, 0, 3);

        Assert.Equal([1, 2], Read(B, 0, 9));
        Assert.Equal([3], Read(A, 0, 9));
    }

    // Goal: a deleted file is gone, and a file of its name starts anew.
    [Fact]
    public void Deleted_file_is_gone()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1);
        Ok(new(2, DiskOpKind.Delete, A));

        Assert.Empty(Names());
        Ok(new(3, DiskOpKind.Create, A));
        Assert.Empty(Read(A, 0, 9));
    }

    // Goal: a file that is not there is told apart from a disk that failed.
    [Theory]
    [InlineData(DiskOpKind.Size)]
    [InlineData(DiskOpKind.Read)]
    [InlineData(DiskOpKind.Write)]
    [InlineData(DiskOpKind.Sync)]
    [InlineData(DiskOpKind.Preallocate)]
    [InlineData(DiskOpKind.Truncate)]
    [InlineData(DiskOpKind.Rename)]
    [InlineData(DiskOpKind.Delete)]
    public void Missing_file_is_not_found(DiskOpKind kind)
    {
        DiskCompletion completion = Do(new(7, kind, A, B, Length: 10, Data: new byte[] { 1 }, Buffer: new byte[1]));

        Assert.Equal(DiskStatus.NotFound, completion.Status);
        Assert.Empty(Names());
    }

    // Goal: completions arrive in the order of submission, failed ones too, each with its own ticket.
    [Fact]
    public void Completions_come_in_order()
    {
        Disk.Submit(new(10, DiskOpKind.Create, A));
        Disk.Submit(new(11, DiskOpKind.Write, A, Data: new byte[] { 1, 2 }));
        Disk.Submit(new(5, DiskOpKind.Size, B));
        Disk.Submit(new(12, DiskOpKind.Sync, A));
        Disk.Submit(new(12, DiskOpKind.Size, A));
        Disk.Submit(new(3, DiskOpKind.SyncDirectory));

        DiskCompletion[] completions = [.. Enumerable.Range(0, 6).Select(_ => AwaitCompletion())];
        Assert.Equal([10, 11, 5, 12, 12, 3], completions.Select(completion => completion.Ticket));
        Assert.Equal(DiskStatus.NotFound, completions[2].Status);
        Assert.Equal(2, completions[4].Length);
    }

    // Goal: what was synced, names included, is there after the folder was closed and opened again.
    [Fact]
    public void Synced_data_is_there_after_reopening()
    {
        Ok(new(1, DiskOpKind.Create, A));
        Write(A, 0, 1, 2, 3);
        Ok(new(2, DiskOpKind.Sync, A));
        Ok(new(3, DiskOpKind.Rename, A, B));
        Ok(new(4, DiskOpKind.Create, new("c")));
        Ok(new(5, DiskOpKind.SyncDirectory));

        Reopen();

        Assert.Equal(["b", "c"], Names());
        Assert.Equal([1, 2, 3], Read(B, 0, 9));
        Write(B, 3, 4);
        Assert.Equal([1, 2, 3, 4], Read(B, 0, 9));
    }

    private DiskCompletion Do(in DiskOp op)
    {
        Disk.Submit(op);
        DiskCompletion completion = AwaitCompletion();
        Assert.Equal(op.Ticket, completion.Ticket);
        return completion;
    }

    private DiskCompletion Ok(in DiskOp op)
    {
        DiskCompletion completion = Do(op);
        Assert.True(completion.Status == DiskStatus.Ok, $"{op.Kind} {op.File}: {completion.Status} {completion.Detail}");
        return completion;
    }

    private void Write(FileId file, long offset, params byte[] data) =>
        Ok(new(20, DiskOpKind.Write, file, Offset: offset, Data: data));

    private byte[] Read(FileId file, long offset, int count)
    {
        byte[] buffer = new byte[count];
        return buffer[..(int)Ok(new(21, DiskOpKind.Read, file, Offset: offset, Buffer: buffer)).Length];
    }

    private string[] Names() =>
        [.. Ok(new(22, DiskOpKind.List)).Files.ToArray().Select(file => file.Name)];
}

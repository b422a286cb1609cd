using System.Globalization;
using System.Text;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>The oracle: what a log must hold after each batch, as text, and how much of it was reported durable.</summary>
internal sealed class LogModel(Prng prng)
{
    private readonly List<(ulong Sequence, string State)> _states = [(0, Render(RecoveredState.Empty))];
    private List<LogEntry> _entries = [];
    private ClusterId _cluster;
    private HardState _hardState;
    private ulong _sequence;
    private int _durable;
    private bool _lost;

    internal int Batches => _states.Count - 1;

    /// <summary>A batch that follows those before, as a Raft server might make it.</summary>
    internal LogBatch Draw()
    {
        ClusterId? cluster = _cluster.IsNone && prng.Chance(1, 3) ? new(prng.NextUInt64(), 1) : null;
        bool votes = prng.Chance(1, 3);
        HardState? hard = votes
            ? new(new(_hardState.Term.Value + prng.Below(3)), new(prng.Chance(1, 4) ? "" : $"s{prng.Below(5)}é"))
            : null;
        LogIndex? from = _entries.Count > 0 && prng.Chance(1, 4) ? new(1 + prng.Below((ulong)_entries.Count + 1)) : null;
        int keep = from is { } cut ? (int)cut.Value - 1 : _entries.Count;
        int count = (int)prng.Below(5);
        count = count == 0 && cluster is null && hard is null && from is null ? 1 : count;
        LogEntry[] added = new LogEntry[count];
        for (int i = 0; i < count; i++)
        {
            Term term = new(_hardState.Term.Value + 1);
            added[i] = new(new((ulong)(keep + i) + 1), term, (EntryKind)prng.Below(3), Payload());
        }

        _cluster = cluster ?? _cluster;
        _hardState = hard ?? _hardState;
        _entries.RemoveRange(keep, _entries.Count - keep);
        _entries.AddRange(added);
        _states.Add((++_sequence, Render(new() { Cluster = _cluster, HardState = _hardState, Entries = _entries })));
        int split = count / 2;
        return new(
            _sequence, cluster, hard, from,
            new ReadOnlyMemory<LogEntry>[] { added.AsMemory(0, split), added.AsMemory(split) });
    }

    /// <summary>A batch of one entry of so many bytes, so that all frames have the same length.</summary>
    internal LogBatch DrawEven(int bytes)
    {
        byte[] payload = new byte[bytes];
        payload.AsSpan().Fill((byte)prng.Below(256));
        LogEntry entry = new(new((ulong)_entries.Count + 1), new(1), EntryKind.Command, payload);
        _entries.Add(entry);
        _states.Add((++_sequence, Render(new() { Cluster = _cluster, HardState = _hardState, Entries = _entries })));
        return new(_sequence, null, null, null, new ReadOnlyMemory<LogEntry>[] { new[] { entry } });
    }

    /// <summary>Takes what the log reported.</summary>
    internal void Durable(ulong sequence)
    {
        Assert.False(_lost, $"batch {sequence} was called durable after the log had failed");
        int durable = _states.FindIndex(state => state.Sequence == sequence);
        Assert.True(durable > _durable, $"batch {sequence} was called durable, but {_states[_durable].Sequence} was before");
        _durable = durable;
    }

    /// <summary>The log failed: nothing may be called durable any more.</summary>
    internal void Failed() => _lost = true;

    /// <summary>
    /// What was recovered must be the state after some batch between the last one called durable and the last one
    /// appended. The batches behind it are gone for good: from now on the log goes on from there.
    /// </summary>
    internal void Recovered(RecoveredState state, string hint)
    {
        string found = Render(state);
        int kept = _states.FindLastIndex(each => each.State == found);
        Assert.True(kept >= _durable, kept < 0
            ? $"{hint}: no prefix of the batches gives\n{found}\nlast durable:\n{_states[_durable].State}"
            : $"{hint}: batch {_states[_durable].Sequence} was called durable, but the log ends with {_states[kept].Sequence}");
        _states.RemoveRange(kept + 1, _states.Count - kept - 1);
        _durable = kept;
        _lost = false;
        (_cluster, _hardState, _entries) = (state.Cluster, state.HardState, [.. state.Entries]);
    }

    /// <summary>Everything that was appended must be there.</summary>
    internal void IsComplete(RecoveredState state, string hint) => Assert.True(
        _states[^1].State == Render(state), $"{hint}: wanted\n{_states[^1].State}\nfound\n{Render(state)}");

    /// <summary>A state as text.</summary>
    internal static string Render(RecoveredState state)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{state.Cluster} term {state.HardState.Term} vote {state.HardState.Vote}\n");
        foreach (LogEntry entry in state.Entries)
        {
            // Payloads are one byte repeated: any mix shows.
            ReadOnlySpan<byte> payload = entry.Payload.Span;
            byte first = payload.IsEmpty ? (byte)0 : payload[0];
            string mixed = payload.ContainsAnyExcept(first) ? " mixed" : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"{entry.Index}/{entry.Term} {entry.Kind} {payload.Length} of {first}{mixed}\n");
        }

        return text.ToString();
    }

    private byte[] Payload()
    {
        ulong size = prng.Below(20) switch
        {
            0 => 70_000,
            1 or 2 => 20_000,
            3 or 4 => 0,
            _ => prng.Below(700),
        };
        byte[] payload = new byte[size];
        payload.AsSpan().Fill((byte)prng.Below(256));
        return payload;
    }
}

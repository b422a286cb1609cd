using RaftSim.Raft;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Server;

/// <summary>
/// A new membership for a stopped server whose cluster has lost its majority for good: the batch that makes it so, and
/// what it gives up. Not of the dissertation: no majority agrees to it, so an operator has to answer for it.
/// </summary>
public sealed record MembershipRecovery
{
    // Elections of the old cluster may have used terms above the stored one, and another survivor may hold entries of
    // them; another recovery may have been made on another folder. An index and a term must never stand for two
    // different entries, so the new term lies behind all that elections can have used, at a place that is drawn.
    private const ulong TermGap = 1 << 20;

    private MembershipRecovery()
    {
    }

    /// <summary>The server whose log it is.</summary>
    public required ConfiguredServer Self { get; init; }

    /// <summary>The configuration in force until now.</summary>
    public required Configuration Before { get; init; }

    /// <summary>The index of its entry.</summary>
    public required LogIndex BeforeIndex { get; init; }

    /// <summary>The new configuration: the listed servers, all of them voters.</summary>
    public required Configuration After { get; init; }

    /// <summary>The index of its entry, the one behind all others.</summary>
    public required LogIndex Index { get; init; }

    /// <summary>The term before.</summary>
    public required Term TermBefore { get; init; }

    /// <summary>The term of its entry, above all that the cluster has used.</summary>
    public required Term Term { get; init; }

    /// <summary>What makes it so.</summary>
    public required LogBatch Batch { get; init; }

    /// <summary>Whether the listed servers are a majority: then they need no recovery, only to be started.</summary>
    public bool IsMajority
    {
        get
        {
            int voters = 0;
            foreach (ref readonly ConfiguredServer server in After.Servers)
            {
                voters += Before.IsVoter(server.Id) ? 1 : 0;
            }

            return voters >= Before.Quorum;
        }
    }

    /// <summary>
    /// Prepares it; <see langword="null"/> with the reason when it cannot be. Throws <see cref="ArgumentException"/>
    /// for a log that a server would refuse.
    /// </summary>
    /// <param name="reading">The whole log of the server.</param>
    /// <param name="listed">The addresses of the servers that go on, each once.</param>
    /// <param name="prng">Random numbers, others at every call.</param>
    /// <param name="problem">Why not; empty when it can be.</param>
    public static MembershipRecovery? Plan(
        LogReading reading, IReadOnlyList<ServerAddress> listed, Prng prng, out string problem)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(listed);
        ArgumentNullException.ThrowIfNull(prng);
        LogContents contents = LogContents.Of(reading);
        if (reading.Damage is not null || contents.Problem is not null)
        {
            throw new ArgumentException("a log that a server would refuse", nameof(reading));
        }

        Configuration before = contents.Configuration;
        problem = Objection(reading, contents, listed);
        if (problem.Length > 0)
        {
            return null;
        }

        ConfiguredServer[] servers = [.. before.Servers.ToArray()
            .Where(server => listed.Contains(server.Address))
            .Select(server => server with { Suffrage = Suffrage.Voter })];
        Configuration after = new(servers);
        before.TryFind(reading.Id, out ConfiguredServer self);
        LogIndex last = contents.Last.Index;
        Term stored = reading.State.HardState.Term;
        stored = stored > contents.LastTerm ? stored : contents.LastTerm;
        Term term = new(stored.Value + TermGap + prng.Below(TermGap));
        LogEntry[] entries =
            [new(last.Next, term, EntryKind.Configuration, WireCodec.Configurations.Encode(after))];
        return new MembershipRecovery
        {
            Self = self,
            Before = before,
            BeforeIndex = contents.ConfigurationIndex,
            After = after,
            Index = last.Next,
            TermBefore = stored,
            Term = term,

            // It acts as the leader of that term, so its vote in it is its own: nobody else may lead in it.
            Batch = new LogBatch(
                1, null, new HardState(term, reading.Id), null, new ReadOnlyMemory<LogEntry>[] { entries })
            {
                // The server stopped between a snapshot and the log behind it.
                RestartAt = contents.IsLogReplaced ? contents.Last : null,
            },
        };
    }

    private static string Objection(LogReading reading, LogContents contents, IReadOnlyList<ServerAddress> listed)
    {
        Configuration before = contents.Configuration;
        if (before.Servers.IsEmpty)
        {
            return $"the log of server {reading.Id} holds no configuration: it was never in a cluster";
        }

        string latest = $"the latest configuration in its log, at index {contents.ConfigurationIndex}";
        if (!before.TryFind(reading.Id, out ConfiguredServer self))
        {
            return $"server {reading.Id} is not in {latest}: it was removed, so go to one that is";
        }

        if (self.Disk != reading.Disk)
        {
            return $"{latest}, knows server {reading.Id} with the disk {self.Disk}, but this is disk {reading.Disk}";
        }

        string there = string.Join(", ", before.Servers.ToArray().Select(server => server.Address.Value));
        foreach (ServerAddress address in listed)
        {
            if (!before.Servers.ToArray().Any(server => server.Address == address))
            {
                return $"{address} is not in {latest}; there are {there}";
            }
        }

        if (!listed.Contains(self.Address))
        {
            return $"must include {self.Address}, the server that this folder belongs to";
        }

        bool isSame = before.Servers.Length == listed.Count && before.VoterCount == listed.Count;
        return isSame ? $"these are the voters of {latest}, already: there is nothing to recover" : "";
    }
}

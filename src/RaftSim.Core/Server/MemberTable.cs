using RaftSim.Autopilot;

namespace RaftSim.Server;

/// <summary>A server as it was heard of: one for each data folder, so that a wiped server is another member.</summary>
public sealed class Member
{
    internal Member(ServerId id, DiskId disk)
    {
        Id = id;
        Disk = disk;
    }

    /// <summary>Its id.</summary>
    public ServerId Id { get; }

    /// <summary>Its data folder.</summary>
    public DiskId Disk { get; }

    /// <summary>Where it last wrote from.</summary>
    public ServerAddress Address { get; internal set; }

    /// <summary>When a message of it last arrived.</summary>
    public MonoTime HeardAt { get; internal set; }

    /// <summary>What it said of itself; <see langword="null"/> before it did.</summary>
    public Announcement? Announcement { get; internal set; }
}

/// <summary>
/// Who was heard of, and when: a detector that takes silence for failure. It stands where the gossip protocol will:
/// what autopilot reads from it is <see cref="AutopilotServer"/> records.
/// </summary>
public sealed class MemberTable
{
    // Twice the largest configuration: room for every server and its former self.
    private const int MembersMax = 2 * Limits.ConfigurationServersMax;

    private static readonly MemberOrder _order = new();
    private static readonly ByDisk _byDisk = new();

    private readonly SortedDictionary<(ServerId Id, DiskId Disk), Member> _members = new(_order);

    // The same, for every message that arrives and every answer that leaves.
    private readonly Lookup<(ServerId Id, DiskId Disk), Member> _known = new(_byDisk);
    private readonly SortedDictionary<ServerId, List<Member>> _byId = [];

    private readonly SortedDictionary<ServerAddress, List<Member>> _byAddress = [];

    // Followers hear hardly anybody but their leader.
    private Member? _lastHeard;

    /// <summary>Everybody, ordered by id and disk.</summary>
    public IEnumerable<Member> All => _members.Values;

    /// <summary>Notes a sign of life; the member is made if it is new.</summary>
    public Member Heard(ServerId id, DiskId disk, ServerAddress address, MonoTime now)
    {
        Member? member = Find(id, disk);
        if (member is null)
        {
            DropOldestIfFull();
            member = new Member(id, disk);
            _members.Add((id, disk), member);
            _known[(id, disk)] = member;
            Enter(_byId, id, member);
        }

        if (member.Address != address)
        {
            Leave(_byAddress, member.Address, member);
            member.Address = address;
            Enter(_byAddress, address, member);
        }

        member.HeardAt = now;
        _lastHeard = member;
        return member;
    }

    /// <summary>Finds a member by id and disk; <see langword="null"/> if it was never heard of.</summary>
    public Member? Find(ServerId id, DiskId disk)
    {
        if (_lastHeard is { } last && last.Disk == disk && last.Id == id)
        {
            return last;
        }

        return _known.TryFind((id, disk), out Member member) ? member : null;
    }

    /// <summary>The most recently heard member with an id, whatever its disk; <see langword="null"/> if there is none.</summary>
    public Member? FindLatest(ServerId id) => Latest(_byId.GetValueOrDefault(id));

    /// <summary>The most recently heard member at an address; <see langword="null"/> if there is none.</summary>
    public Member? FindLatest(ServerAddress address) => Latest(_byAddress.GetValueOrDefault(address));

    private static Member? Latest(List<Member>? members)
    {
        Member? latest = null;
        foreach (Member member in members ?? [])
        {
            latest = latest is null || member.HeardAt > latest.HeardAt ? member : latest;
        }

        return latest;
    }

    // In order of id and disk, so that of those heard at one moment it is always the same one that is found.
    private static void Enter<TKey>(SortedDictionary<TKey, List<Member>> table, TKey key, Member member)
        where TKey : notnull
    {
        if (!table.TryGetValue(key, out List<Member>? members))
        {
            table[key] = members = [];
        }

        members.Insert(~members.BinarySearch(member, _order), member);
    }

    private static void Leave<TKey>(SortedDictionary<TKey, List<Member>> table, TKey key, Member member)
        where TKey : notnull
    {
        if (table.TryGetValue(key, out List<Member>? members) && members.Remove(member) && members.Count == 0)
        {
            table.Remove(key);
        }
    }

    private void DropOldestIfFull()
    {
        if (_members.Count >= MembersMax)
        {
            Member oldest = _members.Values.MinBy(member => member.HeardAt)!;
            _members.Remove((oldest.Id, oldest.Disk));
            _known.Remove((oldest.Id, oldest.Disk));
            _lastHeard = null;
            Leave(_byId, oldest.Id, oldest);
            Leave(_byAddress, oldest.Address, oldest);
        }
    }

    private sealed class MemberOrder : IComparer<(ServerId Id, DiskId Disk)>, IComparer<Member>
    {
        public int Compare(Member? x, Member? y) => Compare((x!.Id, x.Disk), (y!.Id, y.Disk));

        public int Compare((ServerId Id, DiskId Disk) x, (ServerId Id, DiskId Disk) y)
        {
            int order = x.Id.CompareTo(y.Id);
            order = order != 0 ? order : x.Disk.High.CompareTo(y.Disk.High);
            return order != 0 ? order : x.Disk.Low.CompareTo(y.Disk.Low);
        }
    }

    // Folders are numbered at random, so that number is as good as a hash, and the text of an id need not be read.
    private sealed class ByDisk : IEqualityComparer<(ServerId Id, DiskId Disk)>
    {
        public bool Equals((ServerId Id, DiskId Disk) x, (ServerId Id, DiskId Disk) y) => x.Disk == y.Disk && x.Id == y.Id;

        public int GetHashCode((ServerId Id, DiskId Disk) obj) => unchecked((int)obj.Disk.Low);
    }
}

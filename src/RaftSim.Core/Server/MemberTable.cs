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

    private readonly SortedDictionary<(ServerId Id, DiskId Disk), Member> _members = new(new MemberOrder());

    /// <summary>Everybody, ordered by id and disk.</summary>
    public IEnumerable<Member> All => _members.Values;

    /// <summary>Notes a sign of life; the member is made if it is new.</summary>
    public Member Heard(ServerId id, DiskId disk, ServerAddress address, MonoTime now)
    {
        if (!_members.TryGetValue((id, disk), out Member? member))
        {
            DropOldestIfFull();
            member = new Member(id, disk);
            _members.Add((id, disk), member);
        }

        member.Address = address;
        member.HeardAt = now;
        return member;
    }

    /// <summary>Finds a member by id and disk; <see langword="null"/> if it was never heard of.</summary>
    public Member? Find(ServerId id, DiskId disk) => _members.GetValueOrDefault((id, disk));

    /// <summary>The most recently heard member with an id, whatever its disk; <see langword="null"/> if there is none.</summary>
    public Member? FindLatest(ServerId id) => Latest(member => member.Id == id);

    /// <summary>The most recently heard member at an address; <see langword="null"/> if there is none.</summary>
    public Member? FindLatest(ServerAddress address) => Latest(member => member.Address == address);

    private Member? Latest(Func<Member, bool> matches)
    {
        Member? latest = null;
        foreach (Member member in _members.Values)
        {
            if (matches(member) && (latest is null || member.HeardAt > latest.HeardAt))
            {
                latest = member;
            }
        }

        return latest;
    }

    private void DropOldestIfFull()
    {
        if (_members.Count >= MembersMax)
        {
            Member oldest = _members.Values.MinBy(member => member.HeardAt)!;
            _members.Remove((oldest.Id, oldest.Disk));
        }
    }

    private sealed class MemberOrder : IComparer<(ServerId Id, DiskId Disk)>
    {
        public int Compare((ServerId Id, DiskId Disk) x, (ServerId Id, DiskId Disk) y)
        {
            int order = x.Id.CompareTo(y.Id);
            order = order != 0 ? order : x.Disk.High.CompareTo(y.Disk.High);
            return order != 0 ? order : x.Disk.Low.CompareTo(y.Disk.Low);
        }
    }
}

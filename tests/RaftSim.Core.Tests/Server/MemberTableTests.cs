using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

public sealed class MemberTableTests
{
    private static readonly ServerId _id = new("a");
    private static readonly ServerAddress _address = new("10.0.0.1:4647");

    private readonly MemberTable _table = new();

    // Goal: a wiped server is somebody else: its sign of life is not its former self's.
    [Fact]
    public void A_wiped_server_is_another_member()
    {
        _table.Heard(_id, new DiskId(1, 1), _address, new MonoTime(1));
        _table.Heard(_id, new DiskId(2, 2), _address, new MonoTime(9));
        Assert.Equal(new MonoTime(1), _table.Find(_id, new DiskId(1, 1))!.HeardAt);
        Assert.Equal(new DiskId(2, 2), _table.FindLatest(_id)!.Disk);
        Assert.Equal(new DiskId(2, 2), _table.FindLatest(_address)!.Disk);
    }

    // Goal: the table is bounded; who was silent longest makes room.
    [Fact]
    public void The_member_that_was_silent_longest_makes_room()
    {
        for (int i = 0; i < (2 * Limits.ConfigurationServersMax) + 1; i++)
        {
            _table.Heard(new ServerId($"s{i}"), new DiskId(1, 1), _address, new MonoTime(i));
        }

        Assert.Equal(2 * Limits.ConfigurationServersMax, _table.All.Count());
        Assert.Null(_table.FindLatest(new ServerId("s0")));
        Assert.NotNull(_table.FindLatest(new ServerId("s1")));
    }
}

using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Announcements to and from their generated class.</summary>
internal static class AnnouncementMap
{
    public static Proto.Announcement To(Announcement announcement)
    {
        Proto.Announcement result = new()
        {
            Name = announcement.Name,
            Region = announcement.Region,
            Version = announcement.Version,
            RaftProtocol = announcement.RaftProtocol,
            IsEmpty = announcement.IsEmpty,
            PeerListHash = announcement.PeerListHash,
            WantsAnswer = announcement.WantsAnswer,
        };
        WireText.AddTags(result.Meta, announcement.Meta);
        foreach (PeerIdentity peer in announcement.Met)
        {
            result.Met.Add(new Proto.PeerIdentity
            {
                Address = peer.Address.ToString(),
                Id = peer.Id.ToString(),
                DiskHigh = peer.Disk.High,
                DiskLow = peer.Disk.Low,
            });
        }

        return result;
    }

    public static Announcement From(Proto.Announcement announcement)
    {
        WireText.CheckCount(announcement.Met.Count, "servers met");
        return new()
        {
            Name = announcement.Name,
            Region = announcement.Region,
            Version = announcement.Version,
            RaftProtocol = announcement.RaftProtocol,
            Meta = WireText.Tags(announcement.Meta),
            IsEmpty = announcement.IsEmpty,
            PeerListHash = announcement.PeerListHash,
            Met = [.. announcement.Met.Select(From)],
            WantsAnswer = announcement.WantsAnswer,
        };
    }

    private static PeerIdentity From(Proto.PeerIdentity peer) =>
        new(WireText.Address(peer.Address), WireText.Id(peer.Id), new(peer.DiskHigh, peer.DiskLow));
}

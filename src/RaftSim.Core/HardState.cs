namespace RaftSim;

/// <summary>
/// What a server must remember over a crash besides its log. Term and vote are stored in one frame: two writes could be
/// torn apart (dissertation §3.4, figure 3.1 "persistent state").
/// </summary>
/// <param name="Term">The latest term the server has seen.</param>
/// <param name="Vote">Whom it voted for in that term; none if nobody.</param>
public readonly record struct HardState(Term Term, ServerId Vote);

namespace RaftSim.Simulation;

/// <summary>
/// States that a campaign must reach: rare ones, in which defects hide. Each is what the checkers saw in a world, at one
/// moment or over a while. docs/SIMULATION_STATES.md is made of these lines.
/// </summary>
public enum SimState : byte
{
    // Elections.
    /// <summary>Two servers asked for votes in a term that nobody led.</summary>
    SplitVote,
    /// <summary>A leader was elected in the term right after a split vote.</summary>
    WonAfterSplitVote,
    /// <summary>Three servers asked for votes in one term.</summary>
    ThreeCandidates,
    /// <summary>A leader was elected after at least five terms in a row without one.</summary>
    FiveTermsUnled,
    /// <summary>A leader was elected after nobody had led for at least 30 s.</summary>
    ThirtySecondsUnled,
    /// <summary>A leader was elected again, with nobody in between.</summary>
    LeaderAgain,
    /// <summary>A leader stopped, started again and was elected again, with nobody in between.</summary>
    LeaderAgainAfterRestart,
    /// <summary>Two servers took themselves for leaders at once, of different terms.</summary>
    TwoLeaders,
    /// <summary>A leader was elected although another server that was up had a longer log.</summary>
    ElectedWithShorterLog,
    /// <summary>A leader was elected with ten or more entries that it did not know to be committed.</summary>
    ElectedWithOpenEnd,
    /// <summary>The server to which leadership was to move was elected.</summary>
    TransferTargetElected,
    /// <summary>A candidate followed a leader of its own term.</summary>
    CandidateFollows,
    /// <summary>A server that asked whether it could win followed a leader of the same term.</summary>
    PreCandidateFollows,
    /// <summary>A leader stepped down because it had not heard from a majority.</summary>
    LeaderLosesQuorum,
    /// <summary>A leader stepped down because its own disk lagged behind what the others had committed.</summary>
    LeaderYieldsToFasterDisks,
    /// <summary>A leader committed a configuration in which it does not vote, and stepped down.</summary>
    LeaderRemovesItself,
    /// <summary>A server was told that it could not win an election.</summary>
    PreVoteRefused,
    /// <summary>A server was asked whether it would vote for one whose log is behind its own.</summary>
    PreVoteWithShortLog,
    /// <summary>A server was asked whether it would vote for one that is not in its configuration.</summary>
    PreVoteOfStranger,
    /// <summary>A server was asked for its vote by one whose log is behind its own.</summary>
    VoteWithShortLog,
    /// <summary>A server was asked for its vote after it had voted for another one in that term.</summary>
    VoteTaken,
    /// <summary>A request for a vote arrived again after the vote had been given.</summary>
    VoteAskedTwice,
    /// <summary>A leader was asked for its vote, or whether it would give it, in a later term.</summary>
    VoteAskedOfLeader,
    /// <summary>A vote arrived after its term was over.</summary>
    VoteTooLate,
    /// <summary>A server campaigned although it has no vote in its latest configuration.</summary>
    CampaignWithoutVote,
    /// <summary>A server stopped and started again in the term in which it had voted.</summary>
    VoterStartsAgain,
    /// <summary>A server stopped after it had voted for another one, and before it could say so.</summary>
    CrashAfterVote,
    /// <summary>A candidate stopped.</summary>
    CandidateStops,
    /// <summary>A leader stopped before it had committed an entry of its term.</summary>
    LeaderStopsUnready,
    /// <summary>A leader stopped with entries that were not committed.</summary>
    LeaderStopsWithOpenEnd,

    // Leadership moves.
    /// <summary>Leadership moved to another server on request.</summary>
    TransferDone,
    /// <summary>Leadership was to move to the server that led already.</summary>
    TransferToSelf,
    /// <summary>A leader gave up a transfer and led on.</summary>
    TransferGivenUp,
    /// <summary>A transfer began to a server whose log was behind.</summary>
    TransferToBehind,
    /// <summary>A transfer began to a server that was down.</summary>
    TransferToDown,
    /// <summary>A transfer ended with the election of a third server.</summary>
    TransferLost,
    /// <summary>A leader stopped in the middle of a transfer.</summary>
    TransferStops,
    /// <summary>A leader was asked for something in the middle of a transfer.</summary>
    AskedDuringTransfer,
    /// <summary>A call to campaign at once arrived at a server that followed no more, or in a later term.</summary>
    CallToCampaignTooLate,

    // Logs.
    /// <summary>A server dropped ten or more entries at the end of its log.</summary>
    TailOfTenLost,
    /// <summary>A server dropped a hundred or more entries at the end of its log.</summary>
    TailOfHundredLost,
    /// <summary>A server dropped entries of the last term that it had led itself.</summary>
    OwnEntriesLost,
    /// <summary>A server dropped a configuration with the end of its log.</summary>
    ConfigurationLost,
    /// <summary>A server dropped everything that it did not know to be committed.</summary>
    EverythingOpenLost,
    /// <summary>A leader appended to its log after a later one had been elected.</summary>
    OldLeaderAppends,
    /// <summary>A leader committed an entry of an earlier term, with one of its own.</summary>
    EarlierTermCommitted,
    /// <summary>A leader committed entries of three terms in one step.</summary>
    ThreeTermsCommitted,
    /// <summary>A server learnt of a hundred or more commits in one step.</summary>
    HundredCommitted,
    /// <summary>A leader committed entries that its own disk did not have yet.</summary>
    LeaderDiskBehindCommit,
    /// <summary>A follower knew entries to be committed that its own disk did not have yet.</summary>
    FollowerDiskBehindCommit,
    /// <summary>A server that was running dropped its whole log in favour of a snapshot of its own.</summary>
    LogEmptied,

    // Messages.
    /// <summary>Entries arrived from a leader whose term was over.</summary>
    AppendOfPastTerm,
    /// <summary>Entries arrived that the receiver knew to be committed.</summary>
    AppendKnown,
    /// <summary>Entries arrived that begin in front of the receiver's log and reach into it.</summary>
    AppendIntoSnapshot,
    /// <summary>Entries arrived that begin a hundred or more behind the end of the receiver's log.</summary>
    AppendFarAhead,
    /// <summary>Sixty-four or more entries arrived in one message.</summary>
    AppendOfMany,
    /// <summary>A leader was told that its entries do not fit, and to begin more than ten before them.</summary>
    AppendRefusedByMany,
    /// <summary>An acknowledgement of entries arrived at a server that leads no more.</summary>
    AnswerToFormerLeader,
    /// <summary>A heartbeat arrived from a leader whose term was over.</summary>
    HeartbeatOfPastTerm,
    /// <summary>A message arrived at a server whose disk is not the one that it was meant for.</summary>
    ForFormerSelf,
    /// <summary>A request was passed on to a server that leads no more.</summary>
    ForwardedToFormerLeader,

    // Snapshots.
    /// <summary>A server that had begun with an empty log fetched a snapshot.</summary>
    SnapshotFetchedByNew,
    /// <summary>A fetched snapshot took the place of entries that were never committed.</summary>
    SnapshotOverOther,
    /// <summary>A snapshot was offered to a server that had everything in it.</summary>
    SnapshotOfferTooLate,
    /// <summary>A snapshot was offered to a server that had its last entry and did not know that it was committed.</summary>
    SnapshotOfferNeedless,
    /// <summary>A chunk was sent of a snapshot that has sixteen or more.</summary>
    SnapshotOfMany,
    /// <summary>A chunk was asked for of a snapshot that was not there any more.</summary>
    SnapshotReplaced,
    /// <summary>A chunk of a snapshot was asked for from a server that leads no more.</summary>
    SnapshotAskedOfFollower,
    /// <summary>A server asked again for a chunk of a snapshot that had not come.</summary>
    ChunkAskedAgain,
    /// <summary>A server went on with the snapshot of one server at another.</summary>
    FetchContinuedElsewhere,
    /// <summary>A server stopped while it fetched a snapshot.</summary>
    FetchStops,
    /// <summary>A server started from a snapshot, with nothing behind it in its log.</summary>
    StartFromSnapshot,
    /// <summary>A server started from a snapshot and entries behind it.</summary>
    StartFromSnapshotAndLog,
    /// <summary>A snapshot was given up because the disk was full.</summary>
    SnapshotWithoutSpace,

    // Members.
    /// <summary>A server was removed because it came back with another disk and another id.</summary>
    FormerSelfRemoved,
    /// <summary>A server was removed because it came back with another disk under its id.</summary>
    OldIdNewDisk,
    /// <summary>A server that was removed was added again with the same disk.</summary>
    RemovedComesBack,
    /// <summary>A server was not let in because another one still answered under its id or address.</summary>
    FormerSelfAnswers,
    /// <summary>The autopilot gave a server its vote.</summary>
    NonVoterPromoted,
    /// <summary>The autopilot removed a server that had not been heard.</summary>
    FailedRemoved,
    /// <summary>The autopilot kept a dead server for the sake of MinQuorum.</summary>
    RemovalAgainstMinQuorum,
    /// <summary>The autopilot kept a dead server that no state had shown as dead yet.</summary>
    RemovalNotShown,
    /// <summary>The autopilot dropped an action that it had planned a moment before.</summary>
    ActionDropped,
    /// <summary>An action of the autopilot failed.</summary>
    ActionFailed,
    /// <summary>A server was not heard and counts as failed.</summary>
    CountsAsFailed,
    /// <summary>A server that counted as failed was heard again.</summary>
    AnswersAgain,
    /// <summary>A leader led without a vote of its own.</summary>
    LeaderWithoutVote,
    /// <summary>A configuration had two voters.</summary>
    TwoVoters,
    /// <summary>A configuration had one voter.</summary>
    OneVoter,
    /// <summary>A caller was shown a cluster that can lose no server.</summary>
    Tolerance0,
    /// <summary>A caller was shown a cluster that can lose one server.</summary>
    Tolerance1,
    /// <summary>A caller was shown a cluster that can lose two servers.</summary>
    Tolerance2,
    /// <summary>A caller was shown a cluster that is not healthy.</summary>
    ShownUnhealthy,
    /// <summary>A caller asked a leader that had no state of the autopilot yet.</summary>
    ShownNoHealth,

    // Requests.
    /// <summary>A caller was told that the outcome of a command is unknown; it had been applied.</summary>
    UnknownButDone,
    /// <summary>A caller was told that the outcome of a command is unknown; it was applied later.</summary>
    UnknownThenDone,
    /// <summary>A caller was told that the outcome of a command is unknown; it was never applied.</summary>
    UnknownNeverDone,
    /// <summary>A command of a session was answered a second time, as the first time.</summary>
    RepeatRemembered,
    /// <summary>A command came too late for its session.</summary>
    SessionExpired,
    /// <summary>A command came whose answer its session had been told to forget.</summary>
    SessionForgot,
    /// <summary>A session was to be kept open that was open no more.</summary>
    KeptTooLate,
    /// <summary>Settings were not written because somebody else had written them since.</summary>
    CasRefused,
    /// <summary>Settings were written because nobody had written them since.</summary>
    CasTaken,
    /// <summary>A command was refused because too many waited to be committed.</summary>
    Busy,
    /// <summary>A request was given up because no leader was found.</summary>
    NoLeaderFound,
    /// <summary>A request was given up because the leader had not committed an entry of its term.</summary>
    LeaderNotReady,
    /// <summary>A server answered from its own state while it knew no leader.</summary>
    AskedWithoutLeader,
    /// <summary>A server answered from its own state, a hundred or more behind what was committed.</summary>
    AnsweredFromFarBehind,
    /// <summary>A leader answered a read without asking anybody, by its lease.</summary>
    ReadByLease,
    /// <summary>A read was asked of a leader that was deposed, and answered by a later one.</summary>
    ReadOutlivesLeader,
    /// <summary>A command was asked for under one leader and answered under the next.</summary>
    CommandOutlivesLeader,
    /// <summary>A server stopped while ten or more requests had no answer.</summary>
    StopsWithTenOpen,

    // Processes and disks.
    /// <summary>Three servers were down at once.</summary>
    ThreeDown,
    /// <summary>A majority of the servers was down for at least 5 s.</summary>
    MajorityDownFiveSeconds,
    /// <summary>A server stopped before it had read its disk.</summary>
    StopsBeforeStarted,
    /// <summary>A server was started for the tenth time.</summary>
    TenLives,
    /// <summary>A server started without the end of the log that it held when it stopped.</summary>
    TailNotOnDisk,
    /// <summary>A server started in an earlier term than it had been in when it stopped.</summary>
    TermNotOnDisk,
    /// <summary>A server started with entries that had not been durable when it stopped.</summary>
    UnsyncedKept,
    /// <summary>A server started with another disk.</summary>
    OtherDisk,
    /// <summary>A server found its disk full.</summary>
    DiskFull,
    /// <summary>A leader found its disk full.</summary>
    LeaderDiskFull,
    /// <summary>A server found space on its disk again.</summary>
    SpaceAgain,
    /// <summary>A server gave up because its disk had failed.</summary>
    GivesUp,
    /// <summary>A leader gave up because its disk had failed.</summary>
    LeaderGivesUp,
    /// <summary>A server refused its damaged disk when it started.</summary>
    FolderRefused,
    /// <summary>A server stopped with a new, changed or deleted file name that was not synced.</summary>
    NamesNotSynced,
    /// <summary>A segment of a log was deleted.</summary>
    SegmentDropped,

    // Zones, replicas and upgrades.
    /// <summary>A server without a vote was given one because its zone had no healthy voter.</summary>
    StandbyTakesOver,
    /// <summary>A server was given a vote in place of a zone that was lost.</summary>
    StandsInForZone,
    /// <summary>A server lost its vote because its zone had another voter.</summary>
    SurplusDemoted,
    /// <summary>A dead server lost its vote because its zone was lost.</summary>
    DeadOfLostZoneDemoted,
    /// <summary>A read replica lost its vote.</summary>
    ReplicaDemoted,
    /// <summary>A read replica was healthy for longer than it takes to be given a vote, and was given none.</summary>
    ReplicaKept,
    /// <summary>Servers of a newer version waited for more of them.</summary>
    UpgradeAwaitsVoters,
    /// <summary>Servers of a newer version were given votes to take over.</summary>
    UpgradePromotes,
    /// <summary>Servers of an older version lost their votes.</summary>
    UpgradeDemotes,
    /// <summary>Leadership was to move to a server of a newer version.</summary>
    UpgradeMovesLeader,
    /// <summary>Nobody of an older version voted any more, but there were fewer newer servers than older ones.</summary>
    UpgradeAwaitsServers,
    /// <summary>Nobody of an older version voted any more, and those servers could be taken away.</summary>
    UpgradeAwaitsRemoval,
    /// <summary>Servers ran several versions while upgrades were switched off.</summary>
    UpgradeDisabled,
    /// <summary>An upgrade that was under way was under way under the next leader, too.</summary>
    UpgradeOutlivesLeader,
}

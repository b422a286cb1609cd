using RaftSim.Storage;

namespace RaftSim.Simulation.Crashes;

/// <summary>An operation of a disk that took place.</summary>
/// <param name="Server">Whose disk.</param>
/// <param name="Number">Its number, from 1 since the start of the world.</param>
/// <param name="Operation">What was to be done.</param>
/// <param name="HadUnsynced">Whether a crash before it could have lost something.</param>
/// <param name="HasUnsynced">Whether a crash after it can.</param>
internal readonly record struct DiskStep(
    int Server, long Number, DiskOp Operation, bool HadUnsynced, bool HasUnsynced);

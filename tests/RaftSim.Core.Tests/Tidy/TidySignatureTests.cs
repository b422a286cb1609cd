using System.Reflection;
using RaftSim.Simulation;
using RaftSim.Tidy;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>What decides declares nothing that is not the same in every run. The rules are in SignatureRules.</summary>
public sealed class TidySignatureTests
{
    private static readonly Assembly _core = typeof(Invariant).Assembly;
    private static readonly Assembly _simulation = typeof(SimDisk).Assembly;

    // Goal: nothing that decides holds a clock, a task, a file, an unordered collection or a floating-point number. Go
    // reads the digits behind the point of a duration as a double, and we must agree with it to the nanosecond. One wrapper
    // holds a dictionary: it cannot be enumerated. A configuration, which is also static, has one that never changes.
    [Fact]
    public void Core_declares_nothing_that_is_not_deterministic() => Assert.Equal(
        [
            "RaftSim.Duration.ReadFraction: Double", "RaftSim.Duration.ReadTerm: Double", "RaftSim.Duration.TryAdd: Double",
            "RaftSim.Lookup`2._values: Dictionary`2", "RaftSim.Raft.Configuration._positions: FrozenDictionary`2",
        ],
        SignatureRules.Undetermined(SignatureRules.WithClosures(_core), mayUseFiles: false));

    // Goal: the same for worlds, which may write traces.
    [Fact]
    public void Simulation_declares_nothing_that_is_not_deterministic() => Assert.Empty(
        SignatureRules.Undetermined(SignatureRules.WithClosures(_simulation), mayUseFiles: true));

    // Goal: a world is one object graph: nothing is kept in statics that a second world in the same process could see.
    [Fact]
    public void Core_and_Simulation_keep_no_state_in_statics() => Assert.Empty(SignatureRules.ChangingStatics(
        SignatureRules.HandWritten(_core).Concat(SignatureRules.HandWritten(_simulation))));

    // Goal: classes are made to be used, not to be inherited from: sealed, static, or abstract with closed constructors.
    [Fact]
    public void Public_classes_are_sealed_or_closed() => Assert.Empty(SignatureRules.OpenClasses(
        SignatureRules.HandWritten(_core).Concat(SignatureRules.HandWritten(_simulation))));
}

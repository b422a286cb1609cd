using RaftSim.Http;
using RaftSim.Runtime;
using RaftSim.Tidy;

namespace RaftSim.Integration.Tests.Tidy;

/// <summary>The public surface of the shells changes only on purpose: each change is a diff of a golden file.</summary>
public sealed class PublicApiTests
{
    // Goal: whoever changes what users of Runtime build on sees it in the diff.
    [Fact]
    public void The_surface_of_Runtime_is_the_golden_one() =>
        Golden.Check("Tidy/RaftSim.Runtime.api.txt", PublicApi.Render(typeof(ServerHost).Assembly));

    // Goal: the same for users of Http.
    [Fact]
    public void The_surface_of_Http_is_the_golden_one() =>
        Golden.Check("Tidy/RaftSim.Http.api.txt", PublicApi.Render(typeof(OperatorEndpoints).Assembly));

    // Goal: classes are made to be used, not to be inherited from; the rule is shown to fail beside Core's tests.
    [Fact]
    public void Public_classes_are_sealed_or_closed() => Assert.Empty(SignatureRules.OpenClasses(
        SignatureRules.HandWritten(typeof(ServerHost).Assembly)
            .Concat(SignatureRules.HandWritten(typeof(OperatorEndpoints).Assembly))));
}

using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

public sealed class GoTextTests
{
    // Goal: ids and addresses in errors read as Nomad's, which prints them with Go's %q.
    [Theory]
    [InlineData("nope", "\"nope\"")]
    [InlineData("", "\"\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("tab\tline\n", "\"tab\\tline\\n\"")]
    [InlineData("\u0001\u007f", "\"\\x01\\x7f\"")]
    [InlineData("grün", "\"grün\"")]
    public void Text_is_quoted_as_Go_quotes_it(string text, string quoted) => Assert.Equal(quoted, GoText.Quote(text));
}

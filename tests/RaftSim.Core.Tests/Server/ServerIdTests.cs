using System.Text;

namespace RaftSim.Core.Tests.Server;

public sealed class ServerIdTests
{
    private static readonly string[] Texts =
    [
        "", "a", "ab", "b", "é", "\u4E2D", "\uD7FF", "\uE000", "\uFF21", "\uFFFD", "\U0001F600", "\U0001F601", "\U0010FFFF",
        "\uFF21\U0001F600",
    ];

    // Goal: ids are in the order of their bytes, as in the originals, also where UTF-16 has another: a pair of surrogates is
    // smaller than some of the code points that come before it.
    [Fact]
    public void The_order_is_that_of_the_bytes()
    {
        foreach (string left in Texts)
        {
            foreach (string right in Texts)
            {
                int bytes = Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
                Assert.Equal(Math.Sign(bytes), Math.Sign(new ServerId(left).CompareTo(new ServerId(right))));
            }
        }

        Assert.True(default(ServerId).CompareTo(new ServerId("")) == 0);
        Assert.True(default(ServerId).CompareTo(new ServerId("a")) < 0);
    }
}

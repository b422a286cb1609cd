using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using RaftSim.Tests.Autopilot;

namespace RaftSim.Tests;

public sealed class DurationTests
{
    public static TheoryData<string> Cases => VectorTable.Names("go-duration");

    // Goal: durations read and write as in Go (Go package time: Duration.String, ParseDuration).
    [Theory]
    [MemberData(nameof(Cases))]
    public void Published_cases_hold(string name)
    {
        VectorTable.Case one = VectorTable.Load("go-duration", name);
        if (one.Input.Text("op") is "format")
        {
            Assert.Equal(one.Expected.Text("text"), new Duration(one.Input.Long("ns")).ToString());
            return;
        }

        bool read = Duration.TryParse(one.Input.Text("text"), out Duration duration, out string error);
        JsonElement nanos = one.Expected.GetProperty("ns");
        Assert.Equal(one.Expected.Text("error"), error);
        Assert.Equal(error.Length == 0, read);
        Assert.Equal(nanos.ValueKind == JsonValueKind.Null ? 0 : nanos.GetInt64(), duration.Nanos);
    }

    // Goal: the corners of the format, the smallest duration among them (Go package time, Duration.String).
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "1ns")]
    [InlineData(1_100, "1.1\u00B5s")]
    [InlineData(2_200_000, "2.2ms")]
    [InlineData(3_300_000_000, "3.3s")]
    [InlineData(245_000_000_000, "4m5s")]
    [InlineData(245_001_000_000, "4m5.001s")]
    [InlineData(18_367_001_000_000, "5h6m7.001s")]
    [InlineData(480_000_000_001, "8m0.000000001s")]
    [InlineData(259_200_000_000_000, "72h0m0s")]
    [InlineData(long.MaxValue, "2562047h47m16.854775807s")]
    [InlineData(long.MinValue, "-2562047h47m16.854775808s")]
    public void Text_is_Gos(long nanos, string text) => Assert.Equal(text, new Duration(nanos).ToString());

    // Goal: every form that Go accepts, with Go's value (Go package time, ParseDuration).
    [Theory]
    [InlineData("0", 0)]
    [InlineData("+0", 0)]
    [InlineData("-0", 0)]
    [InlineData("5s", 5_000_000_000)]
    [InlineData("+5s", 5_000_000_000)]
    [InlineData("5.0s", 5_000_000_000)]
    [InlineData("5.s", 5_000_000_000)]
    [InlineData(".5s", 500_000_000)]
    [InlineData("1.004s", 1_004_000_000)]
    [InlineData("100.00100s", 100_001_000_000)]
    [InlineData("12\u00B5s", 12_000)]
    [InlineData("12\u03BCs", 12_000)]
    [InlineData("3h30m", 12_600_000_000_000)]
    [InlineData("10.5s4m", 250_500_000_000)]
    [InlineData("1s1s", 2_000_000_000)]
    [InlineData("-2m3.4s", -123_400_000_000)]
    [InlineData("1h2m3s4ms5us6ns", 3_723_004_005_006)]
    [InlineData("39h9m14.425s", 140_954_425_000_000)]
    [InlineData("52763797000ns", 52_763_797_000)]
    [InlineData("1.9ns", 1)]
    [InlineData("0.3333333333333333333h", 1_200_000_000_000)]
    [InlineData("0.9223372036854775807h", 3_320_413_933_267)]
    [InlineData("0.100000000000000000000h", 360_000_000_000)]
    [InlineData("0.830103483285477580700h", 2_988_372_539_827)]
    [InlineData("9223372036854775807ns", long.MaxValue)]
    [InlineData("9223372036854775.807us", long.MaxValue)]
    [InlineData("9223372036s854ms775us807ns", long.MaxValue)]
    [InlineData("-9223372036854775808ns", long.MinValue)]
    [InlineData("-9223372036854775.808us", long.MinValue)]
    [InlineData("-2562047h47m16.854775808s", long.MinValue)]
    public void Forms_of_Go_are_read(string text, long nanos) => Assert.Equal(nanos, Duration.Parse(text).Nanos);

    // Goal: refusals carry Go's words, quoted as Go's package time quotes (operators compare them).
    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    [InlineData("+-1s", "time: invalid duration \"+-1s\"")]
    [InlineData("s", "time: invalid duration \"s\"")]
    [InlineData(".s", "time: invalid duration \".s\"")]
    [InlineData("+.s", "time: invalid duration \"+.s\"")]
    [InlineData("1 s", "time: unknown unit \" s\" in duration \"1 s\"")]
    [InlineData("1e3s", "time: unknown unit \"e\" in duration \"1e3s\"")]
    [InlineData("3", "time: missing unit in duration \"3\"")]
    [InlineData("00", "time: missing unit in duration \"00\"")]
    [InlineData("1.5", "time: missing unit in duration \"1.5\"")]
    [InlineData("1.1.1s", "time: missing unit in duration \"1.1.1s\"")]
    [InlineData("1\"", "time: unknown unit \"\\\"\" in duration \"1\\\"\"")]
    [InlineData("1\u00B5", "time: unknown unit \"\\xc2\\xb5\" in duration \"1\\xc2\\xb5\"")]
    [InlineData("1\ts", "time: unknown unit \"\\x09s\" in duration \"1\\x09s\"")]
    [InlineData("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\"")]
    [InlineData("-9223372036854775809ns", "time: invalid duration \"-9223372036854775809ns\"")]
    [InlineData("9223372036854775807ns1ns", "time: invalid duration \"9223372036854775807ns1ns\"")]
    [InlineData(
        "-9223372036854775808ns9223372036854775808ns",
        "time: invalid duration \"-9223372036854775808ns9223372036854775808ns\"")]
    [InlineData("99999999999999999999s", "time: invalid duration \"99999999999999999999s\"")]
    public void Refusals_carry_Gos_words(string text, string error)
    {
        Assert.False(Duration.TryParse(text, out Duration duration, out string said));
        Assert.Equal(error, said);
        Assert.Equal(Duration.Zero, duration);
        Assert.Equal(error, Assert.Throws<FormatException>(() => Duration.Parse(text)).Message);
    }

    // Goal: text loses nothing, whatever the length (all durations, the extremes included).
    [Fact]
    public void Reading_what_was_written_gives_the_same()
    {
        Gen<long> any = Gen.OneOf(
            Gen.Elements(0L, 1L, -1L, long.MinValue, long.MinValue + 1, long.MaxValue),
            ArbMap.Default.GeneratorFor<long>(),
            Gen.Choose(-2_000_000_000, 2_000_000_000).Select(nanos => (long)nanos * 1_000),
            ArbMap.Default.GeneratorFor<DoNotSize<long>>().Select(whole => whole.Item));
        Prop.ForAll(any.ToArbitrary(), nanos =>
        {
            var duration = new Duration(nanos);
            return Duration.Parse(duration.ToString()) == duration;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithReplay(2_026, 9));
    }
}

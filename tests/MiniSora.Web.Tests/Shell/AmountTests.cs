using System.Globalization;
using MiniSora.Web.Localization;

namespace MiniSora.Web.Tests.Shell;

public sealed class AmountTests
{
    [Theory]
    [InlineData(0, "0.0 s", "0.0 秒")]
    [InlineData(4.24, "4.2 s", "4.2 秒")]
    [InlineData(17.3, "17 s", "17 秒")]
    [InlineData(59.97, "1 min 00 s", "1 分 00 秒")]
    [InlineData(3599.9, "1 h 00 min", "1 小时 00 分")]
    [InlineData(7830, "2 h 10 min", "2 小时 10 分")]
    [InlineData(double.NaN, "–", "–")]
    public void A_duration_is_said_in_the_units_people_use(double seconds, string english, string chinese)
    {
        Assert.Equal(english, In("en", () => Amount.Duration(seconds)));
        Assert.Equal(chinese, In("zh-CN", () => Amount.Duration(seconds)));
    }

    [Theory]
    [InlineData(0, "0 FLOP")]
    [InlineData(999.96, "1.00 kFLOP")]
    [InlineData(3.21e13, "32.1 TFLOP")]
    [InlineData(4.4e17, "440 PFLOP")]
    public void Computation_is_scaled_to_three_digits(double operations, string text) =>
        Assert.Equal(text, In("en", () => Amount.Flops(operations)).Replace('\u00a0', ' '));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(78_123_456, "74.5 MiB")]
    public void Bytes_are_scaled_by_1024(double bytes, string text) =>
        Assert.Equal(text, In("en", () => Amount.Bytes(bytes)).Replace('\u00a0', ' '));

    [Fact]
    public void Almost_done_is_not_yet_100_per_cent() => Assert.Equal("99 %", In("en", () => Amount.Percent(0.9999)));

    static string In(string culture, Func<string> text)
    {
        var before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(culture);
            return text();
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before;
        }
    }
}

using System.Globalization;
using MiniSora.Web.Mail;

namespace MiniSora.Web.Tests.Mail;

public sealed class DigestTimesTests
{
    [Theory]
    [InlineData("Daily", 9, "UTC", "2026-11-22T12:00:00", "2026-11-23T09:00:00")]
    [InlineData("Daily", 9, "UTC", "2026-11-22T08:59:59", "2026-11-22T09:00:00")]
    [InlineData("Daily", 9, "UTC", "2026-11-22T09:00:00", "2026-11-23T09:00:00")]
    [InlineData("Daily", 8, "Asia/Shanghai", "2026-11-22T12:00:00", "2026-11-23T00:00:00")]
    [InlineData("Daily", 0, "America/Los_Angeles", "2026-11-22T12:00:00", "2026-11-23T08:00:00")]
    [InlineData("Weekly", 8, "Asia/Shanghai", "2026-11-22T12:00:00", "2026-11-23T00:00:00")]
    [InlineData("Weekly", 8, "Asia/Shanghai", "2026-11-23T00:00:00", "2026-11-30T00:00:00")]
    // The hour that is left out in spring, the one that comes twice in autumn, and the days beside them.
    [InlineData("Daily", 2, "Europe/Berlin", "2026-03-28T12:00:00", "2026-03-29T01:00:00")]
    [InlineData("Daily", 9, "Europe/Berlin", "2026-03-28T12:00:00", "2026-03-29T07:00:00")]
    [InlineData("Daily", 2, "Europe/Berlin", "2026-10-24T12:00:00", "2026-10-25T01:00:00")]
    [InlineData("Daily", 2, "Europe/Berlin", "2026-10-25T01:00:00", "2026-10-26T01:00:00")]
    [InlineData("Daily", 2, "No/Such_Place", "2026-10-25T01:00:00", "2026-10-25T02:00:00")]
    public void The_next_digest_is_due_at_that_hour_of_that_place(string rhythm, int hour, string zone, string after, string due) =>
        Assert.Equal(At(due), DigestTimes.Next(Enum.Parse<DigestRhythm>(rhythm), hour, zone, At(after)));

    [Fact]
    public void Its_day_is_the_day_there() => Assert.Equal("digest 2026-11-24", DigestTimes.Key("Asia/Shanghai", At("2026-11-23T16:00:00")));

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time + "Z", CultureInfo.InvariantCulture);
}

using MiniSora.Model.Media;

namespace MiniSora.Model.Tests.Media;

public sealed class FramePicksTests
{
    [Fact]
    public void A_video_at_the_wanted_rate_or_a_slower_one_keeps_all_frames()
    {
        Assert.Equal([0, 1, 2, 3], FramePicks.AtRate(4, 8, 8));
        Assert.Equal([0, 1, 2, 3], FramePicks.AtRate(4, 5, 8));
        Assert.Equal([0, 1, 2], FramePicks.AtRate(3, 0, 8)); // a rate that nobody knows
    }

    [Fact]
    public void A_faster_one_leaves_frames_out_evenly()
    {
        Assert.Equal([0, 3, 6, 9], FramePicks.AtRate(12, 24, 8));
        Assert.Equal([0, 3, 5, 8], FramePicks.AtRate(9, 20, 8));
    }
}

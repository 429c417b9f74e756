using MiniSora.Model.Objectives;

namespace MiniSora.Model.Tests.Objectives;

public sealed class FrameMaskTests
{
    [Fact]
    public void Every_mask_gives_some_frames_and_leaves_some()
    {
        foreach (var mask in Enum.GetValues<FrameMask>())
        {
            for (var frames = 2; frames <= 12; frames++)
            {
                for (var draw = 0UL; draw < 50; draw++)
                {
                    var random = new SplitMix64(draw);
                    var given = FrameMasks.Given(mask, frames, ref random);
                    Assert.Equal(frames, given.Length);
                    Assert.Contains(false, given);
                    Assert.Equal(mask != FrameMask.None, given.Contains(true));
                }
            }
        }
    }

    [Fact]
    public void The_mixture_has_the_wanted_share_and_all_kinds()
    {
        var random = new SplitMix64(1);
        var drawn = Enumerable.Range(0, 10_000).Select(_ => FrameMasks.Draw(ref random, 0.2, 8)).ToList();
        Assert.InRange(drawn.Count(mask => mask != FrameMask.None), 1850, 2150);
        Assert.Equal(Enum.GetValues<FrameMask>().Length, drawn.Distinct().Count());
    }

    [Fact]
    public void An_image_has_no_mask()
    {
        var random = new SplitMix64(1);
        Assert.All(Enumerable.Range(0, 200), _ => Assert.Equal(FrameMask.None, FrameMasks.Draw(ref random, 1, 1)));
    }
}

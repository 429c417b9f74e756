using MiniSora.Model.Objectives;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class BatchPlanTests
{
    private static BatchPlan Plan(long step, ObjectiveOptions? objective = null, int batch = 16) =>
        BatchPlan.For(5, step, batch, 1000, 16, 8, objective ?? new ObjectiveOptions());

    [Fact]
    public void A_step_always_has_the_same_plan()
    {
        var (first, second) = (Plan(7), Plan(7));
        Assert.Equal(first.NoiseSeed, second.NoiseSeed);
        Assert.Equal(first.Lanes.Select(lane => (lane.ClipIndex, lane.Time, lane.Mask, lane.Chinese)), second.Lanes.Select(lane => (lane.ClipIndex, lane.Time, lane.Mask, lane.Chinese)));
        Assert.NotEqual(first.NoiseSeed, Plan(8).NoiseSeed);
    }

    [Fact]
    public void Shares_of_images_masks_and_dropped_captions_are_as_set()
    {
        var plans = Enumerable.Range(1, 500).Select(step => Plan(step)).ToList();
        Assert.InRange(plans.Count(plan => plan.IsImage), 35, 65);
        var lanes = plans.Where(plan => !plan.IsImage).SelectMany(plan => plan.Lanes).ToList();
        Assert.InRange(lanes.Count(lane => lane.DropCaption) / (double)lanes.Count, 0.09, 0.11);
        Assert.InRange(lanes.Count(lane => lane.Mask != FrameMask.None) / (double)lanes.Count, 0.18, 0.22);
        Assert.InRange(lanes.Count(lane => lane.Chinese) / (double)lanes.Count, 0.48, 0.52);
    }

    [Fact]
    public void Image_batches_have_one_latent_frame_and_no_mask()
    {
        var plan = Plan(1, new ObjectiveOptions { ImageFraction = 1, MaskedFraction = 1 });
        Assert.All(plan.Lanes, lane => Assert.Equal([false], lane.Given));
    }
}

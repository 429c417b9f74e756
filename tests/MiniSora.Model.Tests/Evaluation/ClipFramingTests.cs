using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class ClipFramingTests
{
    [Fact]
    public void An_object_inside_is_whole_and_one_over_the_edge_is_cut()
    {
        var whole = MovingShapesReference.Clip(0, 0, 32);
        Assert.Equal(0, ClipFraming.Cut(whole, 16, 32, 32));
        // The same picture moved so that its object leaves the frame half.
        var cut = new byte[32 * 32 * 3];
        Array.Fill(cut, (byte)16);
        for (var y = 10; y < 20; y++)
            for (var x = 0; x < 6; x++) cut[(y * 32 + x) * 3] = 230;
        Assert.Equal(1, ClipFraming.Cut(cut, 1, 32, 32));
        Assert.Equal(0, ClipFraming.Cut(new byte[32 * 32 * 3], 1, 32, 32));
    }

    [Fact]
    public void The_nearest_training_clip_of_a_clip_is_itself_when_it_was_trained_on()
    {
        var thumbnails = Enumerable.Range(0, 20).Select(i => ClipThumbnail.Of(MovingShapesReference.Clip(i * 70, 0, 32), 16, 32, 32)).ToList();
        Assert.Equal((7, 0.0), ClipThumbnail.Nearest(thumbnails[7], thumbnails));
        Assert.True(ClipThumbnail.MeanDistance(thumbnails) > 0.01);
        Assert.Equal(0, ClipThumbnail.MeanDistance([thumbnails[0], thumbnails[0]]));
    }

    [Fact]
    public void Even_motion_is_smooth_and_shuffled_frames_are_not()
    {
        var clip = ShapeRenderer.Render(new(ShapeKind.Square, ShapeColour.White, ShapeSize.Large, ShapeMotion.Right), 1, 0, 3, 16, 64);
        const int Frame = 64 * 64 * 3;
        int[] order = [0, 5, 1, 7, 2, 9, 3, 11, 4, 13, 6, 15, 8, 14, 10, 12];
        var shuffled = order.SelectMany(t => clip.AsSpan(t * Frame, Frame).ToArray()).ToArray();
        Assert.True(BlockMotion.Roughness(clip, 16, 64, 64) < BlockMotion.Roughness(shuffled, 16, 64, 64));
    }
}

using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Tests.Evaluation;

/// <summary>Moving shapes on canvases that are no squares, and what square crops do to them (models.md §3, rows 4 and 5).</summary>
public sealed class AnyProportionsTests
{
    private static IEnumerable<(byte[] Frames, ShapeCombo Combo)> Clips(IVideoDataset dataset, int count) => Enumerable.Range(0, count).Select(i =>
    {
        var clip = dataset.Read(i * 7L % dataset.Count, new SplitMix64((ulong)i));
        return (clip.Frames, ShapeCombo.Seen[(int)(i * 7L % dataset.Count)]);
    });

    [Theory]
    [InlineData(16, 32, 48)]
    [InlineData(16, 64, 32)]
    [InlineData(24, 48, 32)]
    public void The_reader_reads_them_as_it_reads_squares(int frames, int height, int width)
    {
        var dataset = new MovingShapes(new ClipSize(frames, height, width), 1);
        Assert.True(AttributeAccuracy.Score(Clips(dataset, 120), frames, height, width).Joint >= 0.97);
    }

    [Fact]
    public void A_square_is_drawn_to_the_byte_as_before() =>
        Assert.Equal(new MovingShapes(16, 32, 9).Read(5, new SplitMix64(1)).Frames, new MovingShapes(new ClipSize(16, 32, 32), 9).Read(5, new SplitMix64(1)).Frames);

    [Fact]
    public void Native_framing_keeps_subjects_whole_and_square_crops_cut_them()
    {
        var native = new MovingShapes(new ClipSize(16, 32, 64), 1);
        var cropped = new SquareCrop(native);
        Assert.Equal((32, 32), (cropped.Height, cropped.Width));
        double Whole(IVideoDataset dataset) => Clips(dataset, 100).Average(clip => FramingReader.IsInside(clip.Frames, 16, dataset.Height, dataset.Width) ? 1 : 0);
        Assert.True(Whole(native) >= 0.97); // one may touch the edge to the pixel
        Assert.True(Whole(cropped) < 0.7);
    }
}

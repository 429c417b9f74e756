using MiniSora.Model.Sampling;

namespace MiniSora.Model.Tests.Sampling;

/// <summary>The tests that models.md §3 names for the tasks, on clips of a known distribution (see <see cref="SmoothProcess"/>).</summary>
public sealed class TaskPerformerTests : TorchTests
{
    private const int Side = 32;
    private static readonly ClipSize Size = new(12, Side, Side);

    private static PixelClip Perform(SampleTask? task, long seed = 7) => SmoothProcess.Performer(Size).Perform(new SampleRequest("", seed, task));

    private static void Same(PixelClip expected, PixelClip actual) => Assert.Equal(expected.Pixels, actual.Pixels);

    [Fact]
    public void A_clip_from_a_prompt_has_the_windows_length_and_an_image_one_frame()
    {
        Assert.Equal(Size.Frames, Perform(null).Frames);
        Assert.Equal(1, Perform(new ImageGeneration()).Frames);
    }

    [Fact]
    public void An_animated_picture_stays_as_the_first_frame_and_the_rest_moves()
    {
        var picture = SmoothProcess.Clip(1, Side, 1);
        var clip = Perform(new ImageToVideo(picture.Pixels));
        Assert.True(SmoothProcess.Difference(picture, clip.Part(0, 1)) < 0.6); // rounding
        Assert.All(SmoothProcess.Differences(clip), difference => Assert.True(difference > 1, $"{difference}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_extension_keeps_the_clip_and_has_no_visible_seam(int windows)
    {
        var source = SmoothProcess.Clip(10, Side, 2);
        var clip = Perform(new ExtendForward(source, 4, windows));
        Assert.Equal(10 + 8 * windows, clip.Frames);
        Same(source, clip.Part(0, 10));
        var differences = SmoothProcess.Differences(clip);
        var inside = SmoothProcess.Median(differences);
        for (var seam = 9; seam < differences.Length; seam += 8)
            Assert.True(differences[seam] <= 1.5 * inside, $"seam {differences[seam]:0.00}, inside {inside:0.00}");
    }

    [Fact]
    public void Different_beginnings_lead_to_the_same_ending()
    {
        var source = SmoothProcess.Clip(10, Side, 3);
        var clips = Enumerable.Range(1, 3).Select(seed => Perform(new ExtendBackward(source, 4), seed)).ToList();
        Assert.All(clips, clip => Same(source, clip.Part(8, 10)));
        Assert.True(SmoothProcess.Difference(clips[0].Part(0, 1), clips[1].Part(0, 1)) > 20);
        var differences = SmoothProcess.Differences(clips[0]);
        Assert.True(differences[7] <= 1.5 * SmoothProcess.Median(differences));
    }

    [Fact]
    public void A_bridge_closes_a_clip_to_a_loop()
    {
        var source = SmoothProcess.Clip(10, Side, 4);
        var clip = Perform(new LoopBridge(source, 3));
        Assert.Equal(10 + 6, clip.Frames);
        Same(source, clip.Part(0, 10));
        var inside = SmoothProcess.Median(SmoothProcess.Differences(clip));
        Assert.True(SmoothProcess.Difference(clip.Part(clip.Frames - 1, 1), clip.Part(0, 1)) <= 1.25 * inside);
        Assert.True(SmoothProcess.Difference(source.Part(9, 1), source.Part(0, 1)) > 2 * inside); // it was none before
    }

    [Fact]
    public void On_a_circle_of_time_the_last_frame_leads_to_the_first()
    {
        var (open, closed) = (Perform(null), Perform(new LoopCircular()));
        double Closing(PixelClip clip) => SmoothProcess.Difference(clip.Part(clip.Frames - 1, 1), clip.Part(0, 1)) / SmoothProcess.Median(SmoothProcess.Differences(clip));
        Assert.True(Closing(open) > 2.5, $"{Closing(open):0.00}");
        Assert.True(Closing(closed) < 1.25, $"{Closing(closed):0.00}");
    }

    [Fact]
    public void A_passage_joins_two_clips_smoothly()
    {
        var (first, second) = (SmoothProcess.Clip(9, Side, 5), SmoothProcess.Clip(8, Side, 6));
        var clip = Perform(new Connect(first, second, 3, "another"));
        Assert.Equal(9 + 6 + 8, clip.Frames);
        Same(first, clip.Part(0, 9));
        Same(second, clip.Part(15, 8));
        var differences = SmoothProcess.Differences(clip);
        Assert.True(differences.Max() <= 2 * SmoothProcess.Median(differences));
    }

    [Fact]
    public void An_overlap_starts_from_the_cross_fade()
    {
        var (first, second) = (SmoothProcess.Clip(12, Side, 5), SmoothProcess.Clip(11, Side, 6));
        PixelClip Faded(double from) => Perform(new Connect(first, second, 3, "", from));
        var clip = Faded(0.8);
        Assert.Equal(12 + 11 - 6, clip.Frames);
        Same(first.Part(0, 6), clip.Part(0, 6));
        Same(second.Part(6, 5), clip.Part(12, 5));
        // With hardly any noise it is the cross-fade: the middle weighs both by 3/7 and 4/7.
        var (middle, expected) = (Faded(0.02).Part(8, 1).Pixels, first.Part(8, 1).Pixels.Zip(second.Part(2, 1).Pixels, (a, b) => 4.0 / 7 * a + 3.0 / 7 * b));
        Assert.True(middle.Zip(expected).Average(pair => Math.Abs(pair.First - pair.Second)) < 6);
    }

    [Fact]
    public void The_stronger_an_edit_the_less_remains_of_the_clip()
    {
        var source = SmoothProcess.Clip(12, Side, 8);
        var distances = new[] { 0.1, 0.4, 0.7, 1 }.Select(strength => SmoothProcess.Difference(source, Perform(new Edit(source, strength)))).ToArray();
        Assert.Equal(distances.Order(), distances);
        Assert.True(distances[0] < 10 && distances[3] > 40, string.Join(", ", distances));
    }

    [Fact]
    public void Along_the_flow_and_back_a_clip_returns()
    {
        var source = SmoothProcess.Clip(12, Side, 8);
        var (mixed, inverted) = (Perform(new Edit(source, 0.6)), Perform(new Edit(source, 0.6, "what it shows")));
        Assert.True(SmoothProcess.Difference(source, inverted) < 0.25 * SmoothProcess.Difference(source, mixed));
    }

    [Fact]
    public void A_clip_shorter_than_the_window_is_edited_at_its_own_length() =>
        Assert.Equal(5, Perform(new Edit(SmoothProcess.Clip(5, Side, 1), 0.5)).Frames);

    [Fact]
    public void An_overlap_needs_clips_that_are_long_enough()
    {
        var refused = Assert.Throws<SamplingException>(() => Perform(new Connect(SmoothProcess.Clip(6, Side, 5), SmoothProcess.Clip(12, Side, 6), 3, "", 0.8)));
        Assert.Equal(("clip_too_short", "6", "9"), (refused.Code, refused.Arguments["frames"], refused.Arguments["needed"]));
    }
}

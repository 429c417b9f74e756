using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class AttributeReaderTests
{
    private const int T = MovingShapesReference.Frames;

    [Theory]
    [InlineData(32, 1)]
    [InlineData(64, 7)]
    public void Clean_reference_clips_are_read_without_a_mistake(int size, int every)
    {
        var accuracy = AttributeAccuracy.Score(Clips(size, every), T, size);

        Assert.Equal(new AttributeAccuracy((1440 + every - 1) / every, 1, 1, 1, 1, 1, 1), accuracy);
    }

    [Fact]
    public void Shuffled_frames_leave_the_look_and_lose_the_motion()
    {
        var shuffled = Clips(32, 6).Select((clip, i) => (Shuffled(clip.Frames, (ulong)i), clip.Expected));

        var accuracy = AttributeAccuracy.Score(shuffled, T, 32);

        Assert.InRange(accuracy.Joint, 0.2, 0.4);
        Assert.InRange(accuracy.Motion, 0.2, 0.4);
        Assert.Equal(1, accuracy.Colour);
    }

    [Fact]
    public void A_first_frame_repeated_is_only_right_where_stillness_was_asked_for()
    {
        var frozen = Clips(32, 7).Select(clip => (Frozen(clip.Frames), clip.Expected));

        Assert.InRange(AttributeAccuracy.Score(frozen, T, 32).Joint, 0.05, 0.15);
    }

    [Fact]
    public void A_clip_of_every_other_attribute_never_matches()
    {
        var wrong = Clips(32, 9).Select(clip => (clip.Frames, Other(clip.Expected)));

        Assert.Equal(new AttributeAccuracy(160, 0, 0, 0, 0, 0, 1), AttributeAccuracy.Score(wrong, T, 32));
    }

    [Fact]
    public void Black_and_noise_match_no_combination()
    {
        var random = new SplitMix64(3);
        var noise = new byte[T * 32 * 32 * 3];
        for (var i = 0; i < noise.Length; i++)
            noise[i] = (byte)random.Below(256);

        Assert.Null(AttributeReader.Read(new byte[noise.Length], T, 32));
        var reading = AttributeReader.Read(noise, T, 32);
        Assert.DoesNotContain(ShapeCombo.All, combo => reading?.Matches(combo) ?? false);
    }

    [Fact]
    public void A_moderate_blur_at_64_pixels_changes_nothing()
    {
        var blurred = Clips(64, 30).Select(clip => (Blurred(clip.Frames, 64), clip.Expected));

        Assert.Equal(1, AttributeAccuracy.Score(blurred, T, 64).Joint);
    }

    [Fact]
    public void A_clip_of_the_wrong_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => AttributeReader.Read(new byte[100], T, 32));

    private static IEnumerable<(byte[] Frames, ShapeCombo Expected)> Clips(int size, int every)
    {
        for (var i = 0; i < ShapeCombo.All.Count; i += every)
            yield return (MovingShapesReference.Clip(i, 0, size), ShapeCombo.All[i]);
    }

    private static byte[] Shuffled(byte[] clip, ulong seed)
    {
        var random = SplitMix64.For(seed, 1);
        var frame = clip.Length / T;
        var order = Enumerable.Range(0, T).ToArray();
        for (var i = T - 1; i > 0; i--)
        {
            var j = (int)random.Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return [.. order.SelectMany(t => clip.Skip(t * frame).Take(frame))];
    }

    private static byte[] Frozen(byte[] clip) =>
        [.. Enumerable.Repeat(clip.Take(clip.Length / T), T).SelectMany(frame => frame)];

    private static ShapeCombo Other(ShapeCombo combo) => new(
        (ShapeKind)(((int)combo.Shape + 1) % 6),
        (ShapeColour)(((int)combo.Colour + 1) % 8),
        (ShapeSize)(((int)combo.Size + 1) % 3),
        (ShapeMotion)(((int)combo.Motion + 1) % 10));

    private static byte[] Blurred(byte[] clip, int size)
    {
        var result = (byte[])clip.Clone();
        for (var t = 0; t < T; t++)
            for (var y = 1; y < size - 1; y++)
                for (var x = 1; x < size - 1; x++)
                    for (var c = 0; c < 3; c++)
                    {
                        var sum = 0;
                        for (var j = -1; j <= 1; j++)
                            for (var i = -1; i <= 1; i++)
                                sum += (2 - Math.Abs(i)) * (2 - Math.Abs(j)) * clip[((t * size + y + j) * size + x + i) * 3 + c];
                        result[((t * size + y) * size + x) * 3 + c] = (byte)(sum / 16);
                    }

        return result;
    }
}

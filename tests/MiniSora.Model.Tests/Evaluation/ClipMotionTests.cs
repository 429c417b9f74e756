using MiniSora.Model.Evaluation;

namespace MiniSora.Model.Tests.Evaluation;

public sealed class ClipMotionTests
{
    private const int S = 32;

    /// <summary>Random texture of 4-pixel cells that moves by (x, y) pixels a frame.</summary>
    private static byte[] Moving(int T, int x, int y)
    {
        var frames = new byte[T * S * S * 3];
        for (var t = 0; t < T; t++)
            for (var j = 0; j < S; j++)
                for (var i = 0; i < S; i++)
                {
                    var value = (byte)SplitMix64.For(1, (ulong)(((j - y * t + 400) >> 2) * 1000 + ((i - x * t + 400) >> 2))).Next();
                    Array.Fill(frames, value, ((t * S + j) * S + i) * 3, 3);
                }

        return frames;
    }

    private static byte[] Constant(params byte[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, S * S * 3))];

    [Fact]
    public void Flicker_and_jerk_are_the_first_and_second_differences()
    {
        Assert.Equal(10 / 255.0, ClipMotion.Flicker(Constant(10, 20, 10), 3), 12);
        Assert.Equal(20 / 255.0, ClipMotion.Jerk(Constant(10, 20, 10), 3), 12);
        Assert.Equal(0, ClipMotion.Jerk(Constant(10, 20, 30, 40), 4), 12);
    }

    [Fact]
    public void A_loop_closes_when_its_seam_is_a_step_like_any_other()
    {
        Assert.Equal(3, ClipMotion.LoopClosure(Constant(10, 20, 30, 40), 4), 12);
        Assert.Equal(1, ClipMotion.LoopClosure(Constant(10, 20, 10, 20), 4), 12);
        Assert.Equal(1, ClipMotion.LoopClosure(Constant(10, 10), 2), 12);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 0, 3)]
    [InlineData(0, -2, 2)]
    [InlineData(3, 4, 5)]
    public void Block_search_finds_the_speed_of_a_moving_texture(int x, int y, double speed)
    {
        Assert.Equal(speed, BlockMotion.MedianSpeed(Moving(3, x, y), 3, S, S)!.Value, 9);
        var velocities = BlockMotion.Velocities(Moving(3, x, y), 3, S, S);
        Assert.True(velocities.Count(v => v == (x, y)) > velocities.Count / 2);
    }

    [Fact]
    public void Flat_frames_have_no_speed() => Assert.Null(BlockMotion.MedianSpeed(Constant(10, 200), 2, S, S));

    [Fact]
    public void Moving_values_costs_their_distance()
    {
        Assert.Equal(2, WassersteinDistance.Between([1, 5], [3, 7]), 12);
        Assert.Equal(0, WassersteinDistance.Between([1, 2], [1, 1, 2, 2]), 12);
        Assert.Equal(0.5, WassersteinDistance.Between([0], [0, 1]), 12);
        Assert.Equal(1.0 / 3, WassersteinDistance.Between([0, 0, 1], [0, 0, 0]), 12);
    }
}

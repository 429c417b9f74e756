using MiniSora.Model.Datasets;
using MiniSora.Model.Datasets.Worlds;
using MiniSora.Model.Evaluation.Worlds;
using MiniSora.Model.Sampling;

namespace MiniSora.Model.Tests.Evaluation.Worlds;

/// <summary>The checks pass what the worlds draw and fail what breaks their rules.</summary>
public sealed class WorldVerdictTests
{
    private const int Frames = 16;
    private static readonly ClipSize Square = new(Frames, 32, 32);

    private static IEnumerable<Clip> Clips(string world, ClipSize size, int count)
    {
        var dataset = DatasetCatalog.Open(world, "", size, 3);
        return Enumerable.Range(0, count).Select(i => dataset.Read(i * 7919L % dataset.Count, SplitMix64.For(1, (ulong)i)));
    }

    private static WorldVerdict Judge(string world, ClipSize size, Clip clip, bool chinese = false) =>
        WorldVerdict.Of(world, clip.Frames, size.Frames, size.Height, size.Width, (chinese ? clip.Caption.Chinese : clip.Caption.English)!);

    private static Clip Changed(Clip clip, ClipSize size, Func<int, int> frame)
    {
        var bytes = size.Height * size.Width * 3;
        return clip with { Frames = [.. Enumerable.Range(0, size.Frames).SelectMany(t => clip.Frames.Skip(frame(t) * bytes).Take(bytes))] };
    }

    public static TheoryData<string, int, int, int> Worlds()
    {
        var data = new TheoryData<string, int, int, int>();
        foreach (var world in DatasetCatalog.Worlds)
        {
            data.Add(world, 16, 32, 32);
            data.Add(world, 24, 64, 64);
            data.Add(world, 16, 32, 48);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void What_a_world_draws_obeys_its_rules(string world, int frames, int height, int width)
    {
        var size = new ClipSize(frames, height, width);
        var verdicts = Clips(world, size, 60).Select((clip, i) => Judge(world, size, clip, i % 2 == 1)).ToList();
        var score = WorldScore.Of(verdicts);
        Assert.True(score.Passed >= 0.98, $"{score.Passed} {string.Join(", ", score.Parts)}");
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void A_first_frame_that_stays_does_not(string world, int frames, int height, int width)
    {
        var size = new ClipSize(frames, height, width);
        var verdicts = Clips(world, size, 20).Select(clip => Judge(world, size, Changed(clip, size, _ => 0))).ToList();
        Assert.True(WorldScore.Of(verdicts).Passed <= 0.05);
    }

    [Fact]
    public void Another_shape_from_behind_the_wall_is_no_permanence()
    {
        var world = new Occlusion(Square, 3);
        var (ring, square) = (OcclusionScene.All.ToList().FindIndex(scene => scene is { Shape: ShapeKind.Ring, Colour: ShapeColour.Red, Right: true }), OcclusionScene.All.ToList().FindIndex(scene => scene is { Shape: ShapeKind.Square, Colour: ShapeColour.Blue, Right: true }));
        var (before, after) = (world.Read(ring, new SplitMix64(5)), world.Read(square, new SplitMix64(5)));
        var half = before.Frames.Length / 2;
        var mixed = Permanence.Read([.. before.Frames[..half], .. after.Frames[half..]], Frames, 32, 32);
        Assert.True(Permanence.Read(before.Frames, Frames, 32, 32).Permanent);
        Assert.False(mixed.Permanent);
        Assert.Equal((ShapeColour.Red, ShapeColour.Blue), (mixed.ColourBefore, mixed.ColourAfter));
    }

    [Fact]
    public void A_trail_that_is_wiped_away_does_not_last()
    {
        foreach (var clip in Clips(DatasetCatalog.Brush, Square, 12))
        {
            Assert.True(TrailReading.Read(clip.Frames, Frames, 32, 32).Lasts);
            Assert.False(TrailReading.Read(Changed(clip, Square, t => t < 12 ? t : 4).Frames, Frames, 32, 32).Lasts);
        }
    }

    [Fact]
    public void Layers_that_pass_by_as_one_have_no_depth()
    {
        // All three bands from the near layer's speed: the picture itself is moved.
        var canvas = Clips(DatasetCatalog.Parallax, new ClipSize(Frames, 32, 64), 1).Single().Frames;
        var panned = new byte[Frames * 32 * 32 * 3];
        for (var t = 0; t < Frames; t++)
            for (var y = 0; y < 32; y++)
                canvas.AsSpan((y * 64 + t) * 3, 32 * 3).CopyTo(panned.AsSpan((t * 32 + y) * 32 * 3));
        Assert.True(LayerMotion.Read(panned, Frames, 32, 32).RatioError > 0.5);
    }

    [Fact]
    public void A_player_that_goes_elsewhere_counts_against_following_once()
    {
        var clip = Clips(DatasetCatalog.Grid, Square, 1).Single();
        var actions = GridGame.Parse(clip.Caption.English!)!;
        var reading = GridReading.Read(clip.Frames, Frames, 32, 32);
        Assert.Equal(1, reading.Following(actions));
        var other = actions.Select((action, i) => i == 2 ? Other(reading, i, action) : action).ToList();
        Assert.Equal((actions.Count - 1.0) / actions.Count, reading.Following(other), 1e-9);
    }

    /// <summary>An action that leads elsewhere from where the player stood.</summary>
    private static GridAction Other(GridReading reading, int tick, GridAction action)
    {
        var from = reading.Positions[tick]!.Value;
        return Enum.GetValues<GridAction>().First(other => GridGame.Step(from, other, reading.Walls) != GridGame.Step(from, action, reading.Walls));
    }

    [Fact]
    public void Actions_are_written_and_read_in_both_languages()
    {
        GridAction[] actions = [GridAction.Right, GridAction.Stay, GridAction.Up];
        var caption = GridGame.CaptionOf(actions);
        Assert.Equal(("game: right stay up", "游戏：右停上"), (caption.English, caption.Chinese));
        Assert.Equal(actions, GridGame.Parse(caption.English!));
        Assert.Equal(actions, GridGame.Parse(caption.Chinese!));
        Assert.Null(GridGame.Parse("game: right jump"));
    }

    [Theory]
    [InlineData("world-occlusion")]
    [InlineData("world-brush")]
    [InlineData("world-parallax")]
    [InlineData("world-grid")]
    public void A_clip_is_a_function_of_its_arguments(string world)
    {
        Assert.Equal(Clips(world, Square, 3).SelectMany(clip => clip.Frames), Clips(world, Square, 3).SelectMany(clip => clip.Frames));
        var dataset = DatasetCatalog.Open(world, "", Square, 3);
        Assert.NotEqual(dataset.Read(0, new SplitMix64(1)).Frames, dataset.Read(0, new SplitMix64(2)).Frames);
    }
}

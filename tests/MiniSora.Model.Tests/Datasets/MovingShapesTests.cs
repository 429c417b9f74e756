using System.Security.Cryptography;
using MiniSora.Model.Datasets;

namespace MiniSora.Model.Tests.Datasets;

public sealed class MovingShapesTests
{
    [Theory]
    [InlineData(32, "40466547c45b7fba")]
    [InlineData(64, "4ac824e69692ebb2")]
    public void The_reference_clips_have_the_hash_the_specification_fixes(int size, string beginning)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < ShapeCombo.All.Count; i++)
            sum.AppendData(MovingShapesReference.Clip(i, 0, size));

        Assert.StartsWith(beginning, Convert.ToHexStringLower(sum.GetHashAndReset()));
    }

    [Fact]
    public void Rendering_the_whole_reference_gives_the_clips_one_after_the_other()
    {
        var all = MovingShapesReference.Render(split: 0, size: 8);

        Assert.Equal(1440 * 16 * 8 * 8 * 3, all.Length);
        Assert.Equal(MovingShapesReference.Clip(7, 0, 8), all[(7 * 16 * 8 * 8 * 3)..(8 * 16 * 8 * 8 * 3)]);
    }

    [Fact]
    public void The_combinations_split_into_1134_seen_180_pairs_and_126_triples()
    {
        Assert.Equal(1440, ShapeCombo.All.Count);
        Assert.Equal(1134, ShapeCombo.Seen.Count);
        Assert.Equal(180, ShapeCombo.HeldOutPairs.Count);
        Assert.Equal(126, ShapeCombo.HeldOutTriples.Count);
    }

    [Fact]
    public void Every_pair_of_attributes_that_is_not_a_held_out_one_is_seen_in_training()
    {
        var shapeColour = ShapeCombo.Seen.GroupBy(combo => (combo.Shape, combo.Colour)).ToList();
        var shapeMotion = ShapeCombo.Seen.GroupBy(combo => (combo.Shape, combo.Motion)).ToList();
        var colourMotion = ShapeCombo.Seen.GroupBy(combo => (combo.Colour, combo.Motion)).ToList();

        Assert.Equal(42, shapeColour.Count);
        Assert.All(shapeColour, group => Assert.Equal(27, group.Count()));
        Assert.Equal(60, shapeMotion.Count);
        Assert.All(shapeMotion, group => Assert.InRange(group.Count(), 18, 21));
        Assert.Equal(80, colourMotion.Count);
        Assert.All(colourMotion, group => Assert.InRange(group.Count(), 12, 18));
    }

    [Fact]
    public void A_read_depends_on_its_arguments_alone()
    {
        var set = new MovingShapes(16, 32, seed: 5);

        var one = set.Read(17, SplitMix64.For(1, 2, 3));
        _ = set.Read(3, SplitMix64.For(9, 9));
        var again = new MovingShapes(16, 32, seed: 5).Read(17, SplitMix64.For(1, 2, 3));

        Assert.Equal(one.Frames, again.Frames);
        Assert.Equal(one.Caption, again.Caption);
    }

    [Fact]
    public void The_same_index_is_placed_anew_by_other_randomness_and_other_indices_by_the_same()
    {
        var set = new MovingShapes(16, 32, seed: 5);

        Assert.NotEqual(set.Read(17, SplitMix64.For(1, 2)).Frames, set.Read(17, SplitMix64.For(1, 3)).Frames);
        Assert.NotEqual(set.Read(17, SplitMix64.For(1, 2)).Frames, set.Read(47, SplitMix64.For(1, 2)).Frames);
        Assert.NotEqual(set.Read(17, SplitMix64.For(1, 2)).Frames, new MovingShapes(16, 32, 6).Read(17, SplitMix64.For(1, 2)).Frames);
    }

    [Fact]
    public void Parallel_reads_give_what_serial_reads_give()
    {
        var set = new MovingShapes(8, 16, seed: 5);
        var serial = Enumerable.Range(0, 64).Select(i => Read(i)).ToArray();
        var parallel = new byte[64][];
        Parallel.For(0, 64, i => parallel[i] = Read(i));

        Assert.Equal(serial, parallel);

        byte[] Read(int i) => set.Read(i, SplitMix64.For(1, (ulong)i)).Frames;
    }

    [Fact]
    public void Captions_read_as_the_specification_says()
    {
        var combo = new ShapeCombo(ShapeKind.Ring, ShapeColour.Purple, ShapeSize.Medium, ShapeMotion.Counterclockwise);

        Assert.Equal("a medium purple ring circles counterclockwise", ShapeCaptions.English(combo));
        Assert.Equal("一个中等大小的紫色圆环逆时针转圈", ShapeCaptions.Chinese(combo));
    }

    [Fact]
    public void Every_canonical_caption_can_be_read_back_in_both_languages()
    {
        Assert.All(ShapeCombo.All, combo =>
        {
            Assert.Equal(combo, ShapeCaptions.Parse(" " + ShapeCaptions.English(combo).ToUpperInvariant()));
            Assert.Equal(combo, ShapeCaptions.Parse(ShapeCaptions.Chinese(combo)));
        });
        Assert.Null(ShapeCaptions.Parse("a huge purple ring explodes"));
    }

    [Fact]
    public void Training_captions_vary_and_keep_the_attributes()
    {
        var combo = new ShapeCombo(ShapeKind.Square, ShapeColour.Red, ShapeSize.Small, ShapeMotion.Grow);
        var captions = Enumerable.Range(0, 200).Select(i =>
        {
            var random = SplitMix64.For(1, (ulong)i);
            return ShapeCaptions.Varied(combo, ref random);
        }).ToList();

        Assert.Equal(
            ["a small red square grows", "small red square, grows", "there is a small red square, it grows"],
            captions.Select(caption => caption.English).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            ["一个小的红色正方形变大", "画面中有一个小的红色正方形，它变大"],
            captions.Select(caption => caption.Chinese).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_size_that_does_not_divide_512_is_refused_with_the_possible_ones()
    {
        var refused = Assert.Throws<DatasetException>(() => DatasetCatalog.Open("shapes", "nowhere", 16, 48, 1));

        Assert.Equal(DatasetErrors.Size, refused.Code);
        Assert.Contains("64", refused.Arguments[3], StringComparison.Ordinal);
    }
}

using MiniSora.Model.Autoencoders;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Tests.Autoencoders.Kl;

namespace MiniSora.Model.Tests.Autoencoders;

public sealed class TileBlendTests : TorchTests
{
    [Theory]
    [InlineData(17, 8, 2, 2)]
    [InlineData(9, 8, 4, 4)]
    [InlineData(13, 8, 4, 1)]
    [InlineData(64, 16, 5, 8)]
    public void Tiles_cover_every_pixel_and_their_weights_sum_to_one(int size, int tile, int overlap, int scale)
    {
        var sums = new double[size * scale];
        var spans = TileBlend.Axis(size, tile, overlap, scale);
        foreach (var span in spans)
        {
            Assert.Equal(tile, span.Cells);
            for (var i = 0; i < span.Weights.Length; i++)
                sums[span.Start * scale + i] += span.Weights[i];
        }

        Assert.All(sums, sum => Assert.Equal(1, sum, 5));
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.InRange(pair.First.Start + tile - pair.Second.Start, overlap, tile));
    }

    [Fact]
    public void Tiles_that_agree_are_reproduced()
    {
        var latents = TinyKl.Noise(2, 3, 11, 9);
        var seen = 0;
        var tiled = TileBlend.Run(latents, 2, 4, 1, tile =>
        {
            seen++;
            Assert.Equal([2, 3, 4, 4], tile.shape);
            return KlUp.Doubled(tile.contiguous());
        });
        Assert.InRange(LargestDifference(KlUp.Doubled(latents), tiled), 0, 1e-6);
        Assert.Equal(12, seen);
    }

    [Fact]
    public void A_tile_fades_into_the_next_instead_of_ending_at_a_seam()
    {
        var value = 0f;
        var row = TileBlend.Run(TorchSharp.torch.zeros(1, 1, 1, 8), 1, 5, 2, tile => TorchSharp.torch.full_like(tile, value++)).data<float>().ToArray();
        Assert.Equal([0, 0, 0, 0.25f, 0.75f, 1, 1, 1], row);
    }
}

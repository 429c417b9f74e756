using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Layers;

public sealed class TokenOrderTests : TorchTests
{
    [Fact]
    public void Tokens_cut_from_an_image_come_back_as_that_image()
    {
        const int Patch = 2, Rows = 2, Columns = 3, Channels = 5;
        var image = randn(2, Channels, Rows * Patch, Columns * Patch);
        var tokens = empty(2, Rows * Columns, Patch * Patch * Channels);
        for (var n = 0; n < 2; n++)
            for (var row = 0; row < Rows; row++)
                for (var column = 0; column < Columns; column++)
                    for (var y = 0; y < Patch; y++)
                        for (var x = 0; x < Patch; x++)
                            for (var c = 0; c < Channels; c++)
                                tokens[n, row * Columns + column, (y * Patch + x) * Channels + c] = image[n, c, row * Patch + y, column * Patch + x];
        Assert.True(SameBits(image, TokenOrder.Images(tokens, Patch, Rows, Columns, Channels)));
    }

    [Fact]
    public void In_a_video_the_frame_of_a_token_comes_first()
    {
        // One token of 2 frames, 1 row, 2 columns, 2 channels.
        var tokens = arange(8, dtype: float32).view(1, 1, 8);
        var video = TokenOrder.Videos(tokens, new PatchSize(2, 1, 2), new PatchSize(1, 1, 1), 2);
        Assert.Equal([1, 2, 2, 1, 2], video.shape);
        Assert.Equal([0, 2, 4, 6, 1, 3, 5, 7], video.flatten().data<float>().ToArray());
    }

    [Fact]
    public void The_patch_embedding_is_a_convolution_whose_stride_is_its_kernel()
    {
        var layout = new ParameterLayout();
        var embedding = new PatchEmbedding(layout, "proj", 3, 4, 2);
        var flat = layout.Initialise(1).add_(0.1 * randn(layout.Length));
        var w = new ParameterViews(layout, flat, float32);
        var x = randn(2, 3, 4, 6);
        var tokens = embedding.Images(w, x);
        Assert.Equal([2, 6, 4], tokens.shape);
        // Token 4 of image 1: row 1, column 1.
        var cut = x[1].narrow(1, 2, 2).narrow(2, 2, 2);
        for (var d = 0; d < 4; d++)
            Assert.Equal((w[0][d] * cut).sum().ToDouble() + w[1][d].ToDouble(), tokens[1, 4, d].ToDouble(), 1e-5);
    }

    [Fact]
    public void A_patch_that_does_not_divide_the_image_is_refused()
    {
        var layout = new ParameterLayout();
        var embedding = new PatchEmbedding(layout, "proj", 3, 4, 2);
        var w = new ParameterViews(layout, layout.Initialise(1), float32);
        Assert.Throws<ArgumentException>(() => embedding.Images(w, randn(1, 3, 4, 5)));
    }
}

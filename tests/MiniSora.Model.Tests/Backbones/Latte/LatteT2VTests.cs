using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

public sealed class LatteT2VTests : TorchTests
{
    private static readonly LatteT2VOptions Tiny = new()
    {
        NumAttentionHeads = 2,
        AttentionHeadDim = 8,
        NumLayers = 2,
        SampleSize = 4,
        CaptionChannels = 6,
        CaptionTokens = 5,
        VideoLength = 3,
    };

    [Fact]
    public void The_published_size_has_its_number_of_parameters()
    {
        using var network = new LatteT2V(new LatteT2VOptions());
        Assert.Equal(1_057_246_880, network.Layout.ParameterCount);
    }

    [Fact]
    public void Keys_and_shapes_are_those_of_the_published_checkpoints()
    {
        using var network = new LatteT2V(new LatteT2VOptions { NumAttentionHeads = 4, AttentionHeadDim = 12, NumLayers = 2, SampleSize = 8, CaptionChannels = 32, VideoLength = 4 });
        Assert.Equal(ReferenceNetwork.Golden("Backbones", "Latte", "latte-t2v-keys.txt"), ReferenceNetwork.Keys(network.Layout));
    }

    [Fact]
    public void A_masked_token_of_the_caption_does_not_matter()
    {
        using var network = new LatteT2V(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t, text, mask) = (Clip(1, 3), tensor(new[] { 30L }), randn(1, 4, 6), tensor(new[] { 1L, 1L, 0L, 1L }).view(1, 4));
        var output = network.Forward(w, x, t, text, mask);
        Assert.Equal([1, 8, 3, 4, 4], output.shape);
        var other = text.clone();
        other[0, 2] = 5 * text[0, 2] + 1;
        Assert.True(LargestDifference(output, network.Forward(w, x, t, other, mask)) < 1e-6);
        Assert.True(LargestDifference(output, network.Forward(w, x, t, other)) > 1e-4);
    }

    [Fact]
    public void An_image_beside_a_clip_sees_its_own_caption_only()
    {
        using var network = new LatteT2V(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t, text) = (Clip(2, 5), tensor(new[] { 30L, 500L }), randn(2, 3, 4, 6));
        var output = network.Forward(w, x, t, text, images: 2);
        var other = text.clone();
        other.select(1, 2).mul_(-1);
        var changed = network.Forward(w, x, t, other, images: 2);
        Assert.True(LargestDifference(output.narrow(2, 0, 4), changed.narrow(2, 0, 4)) < 1e-6);
        Assert.True(LargestDifference(output.narrow(2, 4, 1), changed.narrow(2, 4, 1)) > 1e-4);
    }

    [Fact]
    public void Another_size_stretches_the_same_coordinates()
    {
        using var network = new LatteT2V(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        Assert.Equal([1, 8, 2, 4, 8], network.Forward(w, randn([1, 4, 2, 4, 8]), tensor(new[] { 30L }), randn(1, 4, 6)).shape);
    }

    [Fact]
    public void A_caption_of_the_wrong_width_is_refused()
    {
        using var network = new LatteT2V(Tiny);
        var w = ReferenceNetwork.FreshViews(network.Layout);
        Assert.Throws<ArgumentException>(() => network.Forward(w, Clip(1, 3), tensor(new[] { 30L }), randn(1, 4, 7)));
    }

    [Theory]
    [InlineData(TokenAxis.Space)]
    [InlineData(TokenAxis.Time)]
    internal void A_block_has_right_gradients(TokenAxis axis)
    {
        var layout = new ParameterLayout();
        var block = new LatteT2VBlock(layout, "block", Tiny with { AttentionHeadDim = 4, AttentionBias = false }, axis);
        var (modulation, captions) = (randn(2, 6, 8, dtype: float64), new Captions(randn([2, 2, 4, 8], dtype: float64), null));
        GradientTests.Check(layout, [2, 3, 2, 8], (w, x) => block.Forward(w, x, modulation, captions));
    }

    [Fact]
    public void A_pass_leaves_no_tensor_behind()
    {
        using var network = new LatteT2V(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (clip, joint, t, text, texts) = (Clip(1, 3), Clip(1, 5), tensor(new[] { 30L }), randn(1, 4, 6), randn(1, 3, 4, 6));
        Assert.Equal(0, ReferenceNetwork.Leak(() => network.Forward(w, clip, t, text)));
        Assert.Equal(0, ReferenceNetwork.Leak(() => network.Forward(w, joint, t, texts, images: 2)));
    }

    private static Tensor Clip(int batch, int frames) => randn([batch, 4, frames, 4, 4]);
}

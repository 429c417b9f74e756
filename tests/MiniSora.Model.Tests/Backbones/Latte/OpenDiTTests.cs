using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

public sealed class OpenDiTTests : TorchTests
{
    private static readonly OpenDiTOptions Tiny = new() { InputSize = new PatchSize(4, 4, 4), PatchSize = new PatchSize(2, 2, 2), HiddenSize = 16, Depth = 2, NumHeads = 2, TextWidth = 6 };

    [Fact]
    public void Keys_and_shapes_are_those_of_the_original()
    {
        var options = new OpenDiTOptions { InputSize = new PatchSize(8, 8, 8), PatchSize = new PatchSize(2, 2, 2), HiddenSize = 48, Depth = 4, NumHeads = 4, TextWidth = 24 };
        var golden = ReferenceNetwork.Golden("Backbones", "Latte", "opendit-latte-keys.txt");
        Assert.Equal(golden, ReferenceNetwork.Keys(new OpenDiT(options).Layout));
        Assert.Equal(golden, ReferenceNetwork.Keys(new OpenDiT(options with { Attention = OpenDiTAttention.Full }).Layout));
    }

    [Theory]
    [InlineData(OpenDiTAttention.Full)]
    [InlineData(OpenDiTAttention.Interleaved)]
    internal void At_the_start_the_output_is_exactly_zero_and_no_tensor_stays_behind(OpenDiTAttention attention)
    {
        var network = new OpenDiT(Tiny with { Attention = attention });
        var (x, t, text) = (randn([2, 4, 4, 4, 4]), tensor(new[] { 3L, 3L }), randn(2, 6));
        var output = network.Forward(ReferenceNetwork.FreshViews(network.Layout), x, t, text);
        Assert.Equal([2, 8, 4, 4, 4], output.shape);
        Assert.Equal(0, output.abs().max().ToDouble());
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        Assert.Equal(0, ReferenceNetwork.Leak(() => network.ForwardWithGuidance(w, x, t, text, 4, GuideChannels.First3)));
    }
}

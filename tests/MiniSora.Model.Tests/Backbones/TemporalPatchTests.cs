using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

/// <summary>Tokens of several latent frames, captions as a condition alone, blocks over single cells.</summary>
public sealed class TemporalPatchTests : TorchTests
{
    private static readonly Dictionary<string, BackboneOptions> All = new()
    {
        ["three frames"] = TinyNetwork.Options with { TemporalPatch = 3 },
        ["pooled"] = TinyNetwork.Options with { TextUse = TextUse.Pooled },
        ["three frames, pooled"] = TinyNetwork.Options with { TemporalPatch = 3, TextUse = TextUse.Pooled },
        ["local"] = TinyNetwork.Options with { LocalWidth = 16, LocalDepth = 1 },
        ["three frames, pooled, local"] = TinyNetwork.Options with { TemporalPatch = 3, TextUse = TextUse.Pooled, LocalWidth = 16 },
    };

    public static TheoryData<string> Variants => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void At_the_start_the_velocity_is_exactly_zero(string variant)
    {
        var velocity = Network(variant, trained: false).Velocity(TinyNetwork.Latents(2, 4), TinyNetwork.Times([0.3f, 0.3f, 0.3f, 0.3f], [0, 0.9f, 0.9f, 0]), "a red circle", "");
        Assert.Equal([2, 4, 4, 4, 4], velocity.shape);
        Assert.Equal(0, velocity.abs().max().ToDouble());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Any_number_of_frames_goes_through_and_no_clip_feels_its_neighbours(string variant)
    {
        var tiny = Network(variant);
        foreach (var frames in new[] { 1, 2, 3, 4, 7 })
        {
            var latents = TinyNetwork.Latents(2, frames, size: 8);
            var times = new float[2, frames];
            for (var f = 0; f < frames; f++)
                (times[0, f], times[1, f]) = (0.4f, f == 0 && frames > 1 ? 0 : 0.8f);
            var both = tiny.Velocity(latents, times, "a red circle", "moves");
            Assert.Equal(latents.shape, both.shape);
            var alone = tiny.Velocity(latents.narrow(0, 1, 1), TinyNetwork.Times([.. Enumerable.Range(0, 1).Select(_ => Enumerable.Range(0, frames).Select(f => times[1, f]).ToArray())]), "moves");
            Assert.InRange(LargestDifference(both.narrow(0, 1, 1), alone), 0, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_gradient_reaches_every_parameter(string variant)
    {
        var tiny = Network(variant);
        var flat = tiny.Flat.clone().requires_grad_(true);
        var text = TextBatch.From([TinyNetwork.Vocabulary.Encode("a red circle", 8)], CPU);
        var velocity = tiny.Network.Forward(
            new ParameterViews(tiny.Network.Layout, flat, float32), TinyNetwork.Latents(1, 4), FrameTimes.From(TinyNetwork.Times([0f, 0.5f, 0f, 0.5f])), text);
        var gradient = autograd.grad([velocity.square().sum()], [flat])[0];
        foreach (var (name, view) in tiny.Network.Layout.Named(gradient))
            Assert.True(view.abs().max().ToDouble() > 0, $"no gradient reached {name}");
    }

    /// <summary>A token that an image does not fill is filled up with the image: the same as a clip that stands still, but for the blocks over cells, which see the clip end.</summary>
    [Fact]
    public void An_image_is_a_clip_that_stands_still()
    {
        var tiny = Network("three frames, pooled");
        var image = TinyNetwork.Latents(1, 1);
        var still = tiny.Velocity(image.expand(-1, 3, -1, -1, -1).contiguous(), TinyNetwork.Times([0.4f, 0.4f, 0.4f]), "red");
        Assert.InRange(LargestDifference(tiny.Velocity(image, TinyNetwork.Times([0.4f]), "red"), still.narrow(1, 0, 1)), 0, 1e-6);
    }

    [Fact]
    public void A_token_sees_all_its_frames_and_knows_which_are_clean()
    {
        var tiny = Network("three frames, pooled");
        var latents = TinyNetwork.Latents(1, 3);
        var first = tiny.Velocity(latents, TinyNetwork.Times([0, 0.4f, 0.4f]), "red");
        var last = tiny.Velocity(latents, TinyNetwork.Times([0.4f, 0.4f, 0]), "red");
        // Frame 1 has the same time and the same neighbours in both.
        Assert.True(LargestDifference(first.narrow(1, 1, 1), last.narrow(1, 1, 1)) > 1e-3);
        var other = latents.clone();
        other.narrow(1, 2, 1).add_(1);
        Assert.True(LargestDifference(first.narrow(1, 0, 1), tiny.Velocity(other, TinyNetwork.Times([0, 0.4f, 0.4f]), "red").narrow(1, 0, 1)) > 1e-3);
    }

    [Fact]
    public void A_caption_as_a_condition_still_matters()
    {
        var tiny = Network("pooled");
        var latents = TinyNetwork.Latents(1, 2);
        var times = TinyNetwork.Times([0.3f, 0.3f]);
        Assert.True(LargestDifference(tiny.Velocity(latents, times, "red"), tiny.Velocity(latents, times, "circle")) > 1e-3);
    }

    /// <summary>A cell of a local block feels itself and its six neighbours, nothing else.</summary>
    [Fact]
    public void A_local_block_sees_a_cross()
    {
        var (block, w) = Local();
        var x = randn([1, 5, 5, 5, 8], generator: new Generator(3, CPU)).requires_grad_(true);
        var y = block.Forward(w, x, zeros([1, 1, 1, 1, 8]), ones([1, 1, 1, 1, 8]), LocalBlock.Index(CPU, 1, 5, 5, 5));
        var felt = autograd.grad([y[0, 2, 2, 2].sum()], [x])[0].abs().sum(-1)[0];
        for (var f = 0; f < 5; f++)
            for (var r = 0; r < 5; r++)
                for (var c = 0; c < 5; c++)
                    Assert.Equal(Math.Abs(f - 2) + Math.Abs(r - 2) + Math.Abs(c - 2) <= 1, felt[f, r, c].ToDouble() > 0);
    }

    /// <summary>Neighbours gathered by their number are those that shifting finds, in the result and in the gradient.</summary>
    [Fact]
    public void Gathered_neighbours_are_shifted_ones()
    {
        var (block, w) = Local();
        var x = randn([2, 3, 4, 5, 8], generator: new Generator(3, CPU)).requires_grad_(true);
        var (shift, scale) = (randn([2, 3, 1, 1, 8], generator: new Generator(4, CPU)), randn([2, 1, 1, 1, 8], generator: new Generator(5, CPU)));
        var weights = randn([2, 3, 4, 5, 8], generator: new Generator(6, CPU));
        var (shifted, gathered) = (block.Forward(w, x, shift, scale, null), block.Forward(w, x, shift, scale, LocalBlock.Index(CPU, 2, 3, 4, 5)));
        Assert.Equal(0, LargestDifference(shifted, gathered));
        Assert.True(LargestDifference(autograd.grad([(shifted * weights).sum()], [x])[0], autograd.grad([(gathered * weights).sum()], [x])[0]) < 1e-5);
    }

    /// <summary>A local block of 8 features that is not the identity, and its weights.</summary>
    private static (LocalBlock Block, ParameterViews Weights) Local()
    {
        var layout = new ParameterLayout();
        var block = new LocalBlock(layout, "b", 8);
        var flat = layout.Initialise(1);
        flat.add_(0.1 * randn(flat.shape, generator: new Generator(2, CPU)));
        return (block, new ParameterViews(layout, flat, float32));
    }

    private static TinyNetwork Network(string variant, bool trained = true) => new(trained, All[variant]);
}

using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

public sealed class LatteTests : TorchTests
{
    private static readonly LatteOptions Tiny = new() { InputSize = 4, PatchSize = 2, HiddenSize = 16, Depth = 2, NumHeads = 2, NumFrames = 3, NumClasses = 3 };

    [Theory]
    [InlineData("Latte-S/2", 32_480_672, 32_519_840)]
    [InlineData("Latte-B/2", 129_547_040, 129_625_376)]
    [InlineData("Latte-L/2", 456_815_648, 456_920_096)]
    [InlineData("Latte-XL/2", 673_681_568, 673_799_072)]
    public void A_named_size_has_its_published_number_of_parameters(string name, long unconditional, long withLabels)
    {
        Assert.Contains(name, LattePresets.Names);
        var options = LattePresets.Named(name);
        Assert.Equal(unconditional, new Latte(options).Layout.ParameterCount);
        Assert.Equal(unconditional, new Latte(LattePresets.Named(name, LatteVariant.LateFusion)).Layout.ParameterCount);
        Assert.Equal(withLabels, new Latte(options with { Conditioning = LatteConditioning.Label, NumClasses = 101 }).Layout.ParameterCount);
    }

    [Theory]
    [InlineData(LatteVariant.SequentialAttention, 676_355_360)]
    [InlineData(LatteVariant.ParallelAttention, 676_434_848)]
    internal void The_unreleased_variants_have_the_inferred_number_of_parameters(LatteVariant variant, long expected) =>
        Assert.Equal(expected, new Latte(LattePresets.Named("Latte-XL/2", variant)).Layout.ParameterCount);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_named_size_follows_the_counting_formula(string name)
    {
        var options = LattePresets.Named(name);
        long d = options.HiddenSize, p = options.PatchSize * options.PatchSize;
        var expected = options.Depth * (18 * d * d + 15 * d) + p * 4 * d + d + 256 * d + d + d * d + d + 2 * d * d + 2 * d + d * p * 8 + p * 8;
        var layout = new Latte(options).Layout;
        Assert.Equal(expected, layout.ParameterCount);
        Assert.Equal(expected + options.Grid * options.Grid * d + 16 * d, layout.Specs.Sum(spec => spec.Count));
    }

    public static TheoryData<string> Sizes => [.. LattePresets.Names];

    [Theory]
    [InlineData("latte-class-keys.txt", LatteConditioning.Label, 64, 8, 8)]
    [InlineData("latte-text-keys.txt", LatteConditioning.Text, 8, 4, 8)]
    internal void Keys_and_shapes_are_those_of_the_published_checkpoints(string golden, LatteConditioning conditioning, int width, int frames, int size)
    {
        var options = new LatteOptions { InputSize = size, HiddenSize = width, Depth = 2, NumHeads = 2, NumFrames = frames, NumClasses = 10, Conditioning = conditioning };
        Assert.Equal(ReferenceNetwork.Golden("Backbones", "Latte", golden), ReferenceNetwork.Keys(new Latte(options).Layout));
    }

    [Theory]
    [InlineData(LatteVariant.Interleaved)]
    [InlineData(LatteVariant.LateFusion)]
    [InlineData(LatteVariant.SequentialAttention)]
    [InlineData(LatteVariant.ParallelAttention)]
    internal void At_the_start_the_output_is_exactly_zero(LatteVariant variant)
    {
        var network = new Latte(Tiny with { Variant = variant });
        var output = network.Forward(ReferenceNetwork.FreshViews(network.Layout), Clip(2, 3), tensor(new[] { 3L, 900L }));
        Assert.Equal([2, 3, 8, 4, 4], output.shape);
        Assert.Equal(0, output.abs().max().ToDouble());
    }

    [Theory]
    [InlineData(LatteVariant.Interleaved)]
    [InlineData(LatteVariant.LateFusion)]
    [InlineData(LatteVariant.SequentialAttention)]
    [InlineData(LatteVariant.ParallelAttention)]
    internal void Every_frame_reaches_every_other_and_knows_its_place(LatteVariant variant)
    {
        var network = new Latte(Tiny with { Variant = variant });
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t) = (Clip(1, 3), tensor(new[] { 30L }));
        var output = network.Forward(w, x, t);
        var changed = x.clone();
        changed[0, 2] = -x[0, 2];
        Assert.True(LargestDifference(output[0, 0], network.Forward(w, changed, t)[0, 0]) > 1e-4);
        // Without a table of times the frames could be exchanged.
        var swapped = network.Forward(w, x.flip(1), t).flip(1);
        Assert.True(LargestDifference(output, swapped) > 1e-4);
    }

    [Fact]
    public void One_frame_is_an_image_when_the_blocks_over_time_are_shut()
    {
        var image = new DiT(new DiTOptions { InputSize = 4, PatchSize = 2, HiddenSize = 16, Depth = 2, NumHeads = 2, NumClasses = 3 });
        var clip = new Latte(Tiny with { Depth = 4, NumFrames = 1, Conditioning = LatteConditioning.Label });
        var flat = ReferenceNetwork.Trained(image.Layout);
        var state = image.Layout.Named(flat).ToDictionary(item => item.Name, item => item.View);
        var own = ReferenceNetwork.Trained(clip.Layout, 5);
        foreach (var (name, view) in clip.Layout.Named(own))
        {
            var block = name.Split('.') is ["blocks", var index, ..] ? int.Parse(index, null) : -1;
            if (block % 2 == 1)
                view.mul_(name.Contains("adaLN", StringComparison.Ordinal) ? 0 : 1);
            else if (name == "temp_embed")
                view.zero_();
            else
                view.copy_(state[block < 0 ? name : name.Replace($"blocks.{block}.", $"blocks.{block / 2}.", StringComparison.Ordinal)]);
        }

        var (x, t, y) = (randn(2, 4, 4, 4), tensor(new[] { 3L, 800L }), tensor(new[] { 1L, 3L }));
        var expected = image.Forward(new ParameterViews(image.Layout, flat, float32), x, t, y);
        var got = clip.Forward(new ParameterViews(clip.Layout, own, float32), x.unsqueeze(1), t, y);
        Assert.True(LargestDifference(expected, got.squeeze(1)) < 1e-5);
        Assert.True(expected.abs().max().ToDouble() > 0.1);
    }

    [Fact]
    public void Images_beside_a_clip_stand_alone()
    {
        var network = new Latte(Tiny with { Conditioning = LatteConditioning.Label });
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (clip, images, t) = (Clip(2, 3), Clip(2, 2), tensor(new[] { 30L, 700L }));
        var (y, yImages) = (tensor(new[] { 0L, 1L }), tensor(new[] { 2L, 0L, 3L, 1L }).view(2, 2));
        var joint = network.Forward(w, cat([clip, images], 1), t, y, 2, yImages);
        Assert.True(LargestDifference(joint.narrow(1, 0, 3), network.Forward(w, clip, t, y)) < 1e-5);
        // Another clip and another neighbour leave an image as it was; another label does not.
        var other = network.Forward(w, cat([Clip(2, 3), images], 1), t, y.flip(0), 2, tensor(new[] { 2L, 1L, 3L, 2L }).view(2, 2));
        Assert.True(LargestDifference(joint.narrow(1, 3, 1), other.narrow(1, 3, 1)) < 1e-5);
        Assert.True(LargestDifference(joint.narrow(1, 4, 1), other.narrow(1, 4, 1)) > 1e-4);
    }

    [Fact]
    public void Text_stays_out_of_the_final_layer_unless_asked_for()
    {
        var options = Tiny with { Conditioning = LatteConditioning.Text, TextWidth = 12 };
        var (quirk, full) = (new Latte(options), new Latte(options with { TextInFinalLayer = true }));
        var flat = ReferenceNetwork.Trained(quirk.Layout);
        // Shut blocks: what is left of the text passes through the final layer alone.
        foreach (var (name, view) in quirk.Layout.Named(flat).Where(item => item.Name.StartsWith("blocks.", StringComparison.Ordinal) && item.Name.Contains("adaLN", StringComparison.Ordinal)))
            view.zero_();
        var w = new ParameterViews(quirk.Layout, flat, float32);
        var (x, t) = (Clip(1, 3), tensor(new[] { 30L }));
        var (one, two) = (randn(1, 3, 4), randn(1, 3, 4));
        Assert.True(SameBits(quirk.Forward(w, x, t, one), quirk.Forward(w, x, t, two)));
        Assert.True(LargestDifference(full.Forward(w, x, t, one), full.Forward(w, x, t, two)) > 1e-5);
    }

    [Fact]
    public void Conditions_go_with_the_network_they_were_made_for()
    {
        var network = new Latte(Tiny);
        var w = ReferenceNetwork.FreshViews(network.Layout);
        Assert.Throws<ArgumentException>(() => network.Forward(w, Clip(1, 3), tensor(new[] { 1L }), tensor(new[] { 1L })));
        Assert.Throws<ArgumentException>(() => network.Forward(w, Clip(1, 4), tensor(new[] { 1L })));
        Assert.Throws<ArgumentException>(() => new Latte(Tiny with { Depth = 3 }));
    }

    [Fact]
    public void All_latent_channels_of_a_clip_are_guided()
    {
        var network = new Latte(Tiny with { Conditioning = LatteConditioning.Label });
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t, y) = (Clip(1, 3), tensor(new[] { 30L, 30L }), tensor(new[] { 1L, 3L }));
        var plain = network.Forward(w, cat([x, x], 0), t, y);
        var guided = network.ForwardWithGuidance(w, cat([x, x], 0), t, y, 7);
        var expected = plain[1] + 7 * (plain[0] - plain[1]);
        Assert.True(LargestDifference(expected.narrow(1, 0, 4), guided[0].narrow(1, 0, 4)) < 1e-5);
        Assert.True(LargestDifference(plain[0].narrow(1, 4, 4), guided[0].narrow(1, 4, 4)) < 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_block_with_two_attentions_has_right_gradients(bool parallel)
    {
        var layout = new ParameterLayout();
        var block = new TwinAttentionBlock(layout, "block", 8, 2, 12, parallel);
        var c = randn(2, 8, dtype: float64);
        GradientTests.Check(layout, [2, 3, 2, 8], (w, x) => block.Forward(w, x, Conditions.One(c)));
    }

    [Fact]
    public void A_pass_leaves_no_tensor_behind()
    {
        foreach (var variant in Enum.GetValues<LatteVariant>())
        {
            var network = new Latte(Tiny with { Variant = variant, Conditioning = LatteConditioning.Label });
            var w = ReferenceNetwork.TrainedViews(network.Layout);
            var (x, t, y) = (Clip(2, 3), tensor(new[] { 3L, 3L }), tensor(new[] { 0L, 3L }));
            Assert.Equal(0, ReferenceNetwork.Leak(() => network.ForwardWithGuidance(w, x, t, y, 7)));
        }

        var joint = new Latte(Tiny);
        var views = ReferenceNetwork.TrainedViews(joint.Layout);
        var (frames, time) = (Clip(1, 5), tensor(new[] { 3L }));
        Assert.Equal(0, ReferenceNetwork.Leak(() => joint.Forward(views, frames, time, images: 2)));
    }

    private static Tensor Clip(int batch, int frames) => randn([batch, frames, 4, 4, 4]);
}

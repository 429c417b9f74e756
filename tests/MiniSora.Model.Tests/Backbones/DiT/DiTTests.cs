using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

public sealed class DiTTests : TorchTests
{
    private static readonly DiTOptions Tiny = new() { InputSize = 4, PatchSize = 2, InChannels = 4, HiddenSize = 16, Depth = 2, NumHeads = 2, NumClasses = 3 };

    [Theory]
    [InlineData("DiT-S/8", 33_142_016, 33_148_160)]
    [InlineData("DiT-S/4", 32_920_448, 32_945_024)]
    [InlineData("DiT-S/2", 32_865_056, 32_963_360)]
    [InlineData("DiT-B/8", 130_869_248, 130_881_536)]
    [InlineData("DiT-B/4", 130_426_496, 130_475_648)]
    [InlineData("DiT-B/2", 130_315_808, 130_512_416)]
    [InlineData("DiT-L/8", 458_578_432, 458_594_816)]
    [InlineData("DiT-L/4", 457_988_224, 458_053_760)]
    [InlineData("DiT-L/2", 457_840_672, 458_102_816)]
    [InlineData("DiT-XL/8", 675_664_640, 675_683_072)]
    [InlineData("DiT-XL/4", 675_000_704, 675_074_432)]
    [InlineData("DiT-XL/2", 674_834_720, 675_129_632)]
    public void A_named_size_has_its_published_number_of_parameters(string name, long trainable, long withTable)
    {
        Assert.Contains(name, DiTPresets.Names);
        var layout = new DiT(DiTPresets.Named(name)).Layout;
        Assert.Equal(trainable, layout.ParameterCount);
        Assert.Equal(withTable, layout.Specs.Sum(spec => spec.Count));
    }

    [Fact]
    public void A_name_that_is_no_size_is_refused() => Assert.Throws<ArgumentException>(() => DiTPresets.Named("DiT-M/2"));

    [Fact]
    public void Keys_and_shapes_are_those_of_the_published_checkpoints() =>
        Assert.Equal(ReferenceNetwork.Golden("Backbones", "DiT", "dit-s-2-keys.txt"), ReferenceNetwork.Keys(new DiT(DiTPresets.Named("DiT-S/2")).Layout));

    [Fact]
    public void A_prefix_and_a_given_layout_let_two_networks_share_a_buffer()
    {
        var layout = new ParameterLayout();
        _ = new DiT(Tiny, layout, "net.");
        _ = new DiT(Tiny, layout, "other.");
        Assert.Equal("net.pos_embed", layout.Specs[0].Name);
        Assert.Equal(2 * new DiT(Tiny).Layout.ParameterCount, layout.ParameterCount);
    }

    [Fact]
    public void At_the_start_the_output_is_exactly_zero()
    {
        var network = new DiT(Tiny);
        var output = network.Forward(ReferenceNetwork.FreshViews(network.Layout), randn(2, 4, 4, 4), tensor(new[] { 3L, 900L }), tensor(new[] { 0L, 3L }));
        Assert.Equal([2, 8, 4, 4], output.shape);
        Assert.Equal(0, output.abs().max().ToDouble());
    }

    [Fact]
    public void Fresh_weights_have_the_spread_of_the_original()
    {
        var network = new DiT(Tiny with { HiddenSize = 128, NumClasses = 200 });
        var flat = network.Layout.Initialise(4);
        var state = network.Layout.Named(flat).ToDictionary(item => item.Name, item => item.View);
        Assert.Equal(0.02, state["t_embedder.mlp.2.weight"].std().ToDouble(), 0.001);
        Assert.Equal(0.02, state["y_embedder.embedding_table.weight"].std().ToDouble(), 0.001);
        // Uniform in ±b has the standard deviation b / √3; the patch kernel counts as [D, C·p·p].
        Assert.Equal(Math.Sqrt(2.0 / (128 + 16)), state["x_embedder.proj.weight"].std().ToDouble(), 0.005);
        Assert.Equal(Math.Sqrt(2.0 / (128 + 384)), state["blocks.0.attn.qkv.weight"].std().ToDouble(), 0.001);
        Assert.Equal(0, state["blocks.1.adaLN_modulation.1.weight"].abs().max().ToDouble());
        Assert.Equal(0, state["blocks.0.attn.qkv.bias"].abs().max().ToDouble());
        Assert.Equal(SinCosPositions.ToSingle(SinCosPositions.Grid(2, 2, 128)), state["pos_embed"].flatten().data<float>().ToArray());
    }

    [Fact]
    public void The_table_of_positions_gets_no_gradient()
    {
        var network = new DiT(Tiny);
        var flat = ReferenceNetwork.Trained(network.Layout).requires_grad_(true);
        var output = network.Forward(new ParameterViews(network.Layout, flat, float32), randn(1, 4, 4, 4), tensor(new[] { 3L }), tensor(new[] { 1L }));
        var gradient = network.Layout.Named(autograd.grad([output.sum()], [flat])[0]).ToDictionary(item => item.Name, item => item.View.abs().max().ToDouble());
        Assert.Equal(0, gradient["pos_embed"]);
        Assert.All(gradient.Where(item => item.Key != "pos_embed"), item => Assert.NotEqual(0, item.Value));
    }

    [Fact]
    public void A_continuous_time_is_taken_as_it_comes()
    {
        var network = new DiT(Tiny with { NumClasses = 0, LearnSigma = false });
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var x = randn(1, 4, 4, 4);
        Tensor At(Tensor t) => network.Forward(w, x, t, null);
        Assert.True(SameBits(At(tensor(new[] { 1f })), At(tensor(new[] { 1L }))));
        Assert.True(LargestDifference(At(tensor(new[] { 0.5f })), At(tensor(new[] { 0f }))) > 1e-4);
        Assert.True(SameBits(At(tensor(new[] { 0.5f })), At(tensor(new[] { 0.5 }))));
    }

    [Fact]
    public void Labels_go_with_a_label_table()
    {
        var (with, without) = (new DiT(Tiny), new DiT(Tiny with { NumClasses = 0 }));
        Assert.DoesNotContain(without.Layout.Specs, spec => spec.Name.StartsWith("y_embedder", StringComparison.Ordinal));
        var t = tensor(new[] { 3L });
        Assert.Throws<ArgumentException>(() => with.Forward(ReferenceNetwork.FreshViews(with.Layout), randn(1, 4, 4, 4), t, null));
        Assert.Throws<ArgumentException>(() => without.Forward(ReferenceNetwork.FreshViews(without.Layout), randn(1, 4, 4, 4), t, tensor(new[] { 0L })));
    }

    [Fact]
    public void Dropped_labels_become_the_null_class()
    {
        var table = new DiT(Tiny).Labels!;
        var labels = tensor(new[] { 0L, 1L, 2L, 1L });
        Assert.Equal([3L, 1, 3, 1], table.Drop(labels, tensor(new[] { 1L, 0L, 1L, 0L })).data<long>().ToArray());
        Assert.Equal([3L, 1, 2, 3], table.DropBelow(labels, tensor(new[] { 0.05f, 0.1f, 0.9f, 0.0999f })).data<long>().ToArray());
        Assert.Equal(3, new DiT(Tiny with { ClassDropoutProb = 0 }).Layout.Specs.Single(spec => spec.Name.StartsWith("y_embedder", StringComparison.Ordinal)).Shape[0]);
    }

    [Fact]
    public void Guidance_on_three_channels_leaves_the_fourth_to_the_condition()
    {
        var network = new DiT(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (half, t) = (randn(1, 4, 4, 4), tensor(new[] { 30L, 30L }));
        // What the second half holds does not matter.
        var x = cat([half, full_like(half, 100)], 0);
        var labels = tensor(new[] { 1L, 3L });
        var plain = network.Forward(w, cat([half, half], 0), t, labels);
        var (c, u) = (plain[0], plain[1]);
        var guided = u + 4 * (c - u);
        var three = network.ForwardWithGuidance(w, x, t, labels, 4, GuideChannels.First3);
        var all = network.ForwardWithGuidance(w, x, t, labels, 4, GuideChannels.All);
        Assert.True(LargestDifference(three[0].narrow(0, 0, 3), guided.narrow(0, 0, 3)) < 1e-5);
        Assert.True(LargestDifference(three[0].narrow(0, 3, 5), c.narrow(0, 3, 5)) < 1e-6);
        Assert.True(LargestDifference(all[0].narrow(0, 0, 4), guided.narrow(0, 0, 4)) < 1e-5);
        Assert.True(LargestDifference(all[1].narrow(0, 0, 4), guided.narrow(0, 0, 4)) < 1e-5);
        Assert.True(LargestDifference(all[1].narrow(0, 4, 4), u.narrow(0, 4, 4)) < 1e-6);
    }

    [Fact]
    public void An_image_has_the_same_result_in_any_batch()
    {
        var network = new DiT(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t, y) = (randn(3, 4, 4, 4), tensor(new[] { 3L, 400L, 900L }), tensor(new[] { 0L, 1L, 2L }));
        var together = network.Forward(w, x, t, y);
        for (var i = 0; i < 3; i++)
            Assert.True(LargestDifference(together.narrow(0, i, 1), network.Forward(w, x.narrow(0, i, 1), t.narrow(0, i, 1), y.narrow(0, i, 1))) < 1e-5);
    }

    [Fact]
    public void A_latent_of_another_size_is_refused() =>
        Assert.Throws<ArgumentException>(() => new DiT(Tiny).Forward(ReferenceNetwork.FreshViews(new DiT(Tiny).Layout), randn(1, 4, 6, 6), tensor(new[] { 3L }), tensor(new[] { 1L })));

    [Fact]
    public void A_block_and_the_final_layer_have_right_gradients()
    {
        var layout = new ParameterLayout();
        var block = new DiTBlock(layout, "block", 8, 2, 12);
        var final = new DiTFinalLayer(layout, "final_layer", 8, 6);
        var rows = nn.functional.silu(randn(2, 2, 8, dtype: float64));
        var groups = tensor(new[] { 0L, 0L, 1L });
        GradientTests.Check(layout, [2, 3, 4, 8], (w, x) =>
        {
            var conditions = new Conditions(rows, groups);
            return final.Forward(w, block.Forward(w, x, conditions, TokenAxis.Space), conditions);
        });
    }

    [Fact]
    public void A_pass_leaves_no_tensor_behind()
    {
        var network = new DiT(Tiny);
        var w = ReferenceNetwork.TrainedViews(network.Layout);
        var (x, t, y) = (randn(2, 4, 4, 4), tensor(new[] { 3L, 3L }), tensor(new[] { 0L, 3L }));
        Assert.Equal(0, ReferenceNetwork.Leak(() => network.ForwardWithGuidance(w, x, t, y, 4, GuideChannels.First3)));
    }
}

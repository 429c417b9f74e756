using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Cascade;

public sealed class CascadeNetworksTests : TorchTests
{
    [Fact]
    public void The_named_sizes_have_the_published_numbers_of_parameters()
    {
        Assert.Equal(18_406_894, new StageA(new StageAOptions()).Layout.ParameterCount);
        Assert.Equal(20_197_968, new EfficientEncoder(EfficientOptions.Small).Layout.ParameterCount);
        Assert.Equal(3_979_651, new Previewer().Layout.ParameterCount);
        Assert.Equal(1_562_941_136, new StageB(StageBOptions.Large).Layout.ParameterCount);
        Assert.Equal(716_009_360, new StageB(StageBOptions.Lite).Layout.ParameterCount);
        var described = StageBOptions.Lite with { Unet = StageBOptions.Lite.Unet with { Levels = ["CT", "CT", "CTA", "CTA"] } };
        Assert.Equal(699_471_248, new StageB(described).Layout.ParameterCount);
        Assert.Equal(3_589_103_632, new StageC(StageCOptions.Large).Layout.ParameterCount);
        Assert.Equal(1_030_785_040, new StageC(StageCOptions.Lite).Layout.ParameterCount);
    }

    [Fact]
    public void Convolutions_start_uniform_within_their_bounds()
    {
        var layout = new ParameterLayout();
        _ = new Convolution(layout, "torch", 6, 40, Kernel.Same(3));
        _ = new Convolution(layout, "xavier", 6, 40, Kernel.Same(3), Initial.Xavier, 0.5);
        _ = new Convolution(layout, "depthwise", 40, 40, new Kernel(3, 1, 1, Depthwise: true), Initial.Xavier);
        var start = layout.Named(layout.Initialise(1)).ToDictionary(item => item.Name, item => item.View);
        Near(1 / Math.Sqrt(54), start["torch.weight"].abs().max());
        Near(1 / Math.Sqrt(54), start["torch.bias"].abs().max());
        Near(0.5 * Math.Sqrt(6.0 / (54 + 360)), start["xavier.weight"].abs().max());
        Near(Math.Sqrt(6.0 / (9 + 360)), start["depthwise.weight"].abs().max());
        Assert.Equal(0, start["xavier.bias"].abs().max().ToDouble());

        static void Near(double bound, Tensor largest) => Assert.InRange(largest.ToDouble(), 0.9 * bound, bound);
    }

    [Fact]
    public void Stage_blocks_begin_as_they_should()
    {
        var layout = new ParameterLayout();
        var time = new TimeBlock(layout, "t", 8, 6, ["sca"]);
        var gamma = new GammaBlock(layout, "g", 8);
        var w = new ParameterViews(layout, layout.Initialise(3), ScalarType.Float32);
        var x = Random(2, 8, 4, 4);
        Assert.True(SameBits(x, time.Forward(w, x, new BlockContext(Random(2, 12), Random(2, 1)))));
        Assert.True(SameBits(x, gamma.Forward(w, x)));
    }

    [Fact]
    public void The_last_weight_of_a_residual_branch_is_scaled_by_the_depth()
    {
        var shallow = First(Tiny([1, 1]));
        var deep = First(Tiny([4, 5]));
        Assert.Equal(Math.Sqrt(2.0 / 9), deep / shallow, 1e-5);

        static double First(UnetOptions options)
        {
            var layout = new ParameterLayout();
            _ = new CascadeUnet(layout, options);
            // The same place in the layout draws the same numbers.
            return layout.Named(layout.Initialise(5)).First(item => item.Name == "down_blocks.0.0.channelwise.4.weight").View.abs().max().ToDouble();
        }
    }

    [Fact]
    public void Temporal_attention_changes_nothing_at_the_start_and_keeps_the_keys_of_images()
    {
        var options = Tiny([1, 1]);
        var (image, video) = (new ParameterLayout(), new ParameterLayout());
        var still = new CascadeUnet(image, options);
        var moving = new CascadeUnet(video, options with { TemporalHeads = 2 });
        Assert.Empty(image.Specs.Select(spec => spec.Name).Except(video.Specs.Select(spec => spec.Name)));
        Assert.All(video.Specs.Select(spec => spec.Name).Except(image.Specs.Select(spec => spec.Name)), name => Assert.StartsWith("temporal_", name));

        // Every weight random but the temporal output projections, which start at zero.
        var start = video.Named(video.Initialise(7)).ToDictionary(item => item.Name, item => item.View);
        foreach (var (name, value) in start.Where(pair => !pair.Key.Contains("out_proj") || !pair.Key.StartsWith("temporal_", StringComparison.Ordinal)))
            value.copy_(randn(value.shape) * 0.3);
        var (a, b) = (new ParameterViews(image, image.Pack(start.Where(pair => !pair.Key.StartsWith("temporal_", StringComparison.Ordinal)).ToDictionary()), ScalarType.Float32), new ParameterViews(video, video.Pack(start), ScalarType.Float32));
        var x = Random(6, 4, 8, 8);
        var context = new BlockContext(Random(6, 8), Random(6, 3, 5));
        Assert.True(SameBits(still.Forward(a, still.Embed(a, x), context), moving.Forward(b, moving.Embed(b, x), context, null, 3)));

        start["temporal_up.0.0.attn.out_proj.weight"].normal_();
        var changed = new ParameterViews(video, video.Pack(start), ScalarType.Float32);
        var output = moving.Forward(changed, moving.Embed(changed, x), context, null, 3);
        Assert.True(LargestDifference(output, still.Forward(a, still.Embed(a, x), context)) > 1e-3);

        // A frame of one clip never reaches another clip.
        var other = x.clone();
        other.narrow(0, 3, 3).normal_();
        Assert.True(LargestDifference(output.narrow(0, 0, 3), moving.Forward(changed, moving.Embed(changed, other), context, null, 3).narrow(0, 0, 3)) < 1e-5);
    }

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_alone_gets_gradients()
    {
        var layout = new ParameterLayout();
        var dense = new Linear(layout, "block.attention", 5, 7);
        _ = new Linear(layout, "block.other", 5, 7);
        var adapter = new LowRankAdapter(layout, ["attention"], 2);
        Assert.Contains("block.attention.parametrizations.weight.0.lora_down", adapter.Layout.Specs.Select(spec => spec.Name));
        Assert.Contains("block.other.weight", adapter.Layout.Specs.Select(spec => spec.Name));
        var flat = adapter.Layout.Initialise(1).requires_grad_(true);
        var named = adapter.Layout.Named(flat.detach()).ToDictionary(item => item.Name, item => item.View);
        var x = Random(3, 5);
        var y = dense.Forward(adapter.Merge(new ParameterViews(adapter.Layout, flat, ScalarType.Float32)), x);
        Assert.True(SameBits(y.detach(), nn.functional.linear(x, named["block.attention.parametrizations.weight.original"], named["block.attention.bias"])));
        var gradient = adapter.Layout.Named(autograd.grad([y.square().sum()], [flat])[0]).Where(item => item.View.abs().sum().ToDouble() > 0).Select(item => item.Name);
        Assert.Equal(["block.attention.parametrizations.weight.0.lora_down"], gradient);
    }

    [Fact]
    public void Batch_norm_in_training_normalises_by_the_batch_and_remembers_a_tenth()
    {
        var layout = new ParameterLayout();
        var norm = new BatchNorm(layout, "n", 3);
        var flat = layout.Initialise(1);
        var x = Random(4, 3, 5, 5) * 3 + 2;
        using var seen = new BatchStatistics();
        var y = norm.Forward(new ParameterViews(layout, flat, ScalarType.Float32), x, seen);
        Assert.Equal(0, y.mean([0, 2, 3]).abs().max().ToDouble(), 1e-5);
        Assert.Equal(1, y.std([0, 2, 3]).mean().ToDouble(), 0.01);
        seen.Store(layout, flat);
        var named = layout.Named(flat).ToDictionary(item => item.Name, item => item.View);
        Assert.True(LargestDifference(named["n.running_mean"], x.mean([0, 2, 3]) * 0.1) < 1e-5);
        Assert.True(LargestDifference(named["n.running_var"], x.transpose(0, 1).flatten(1).var(1, unbiased: true) * 0.1 + 0.9) < 1e-4);
    }

    [Fact]
    public void Quantised_latents_pass_the_gradient_straight_through()
    {
        var layout = new ParameterLayout();
        var quantizer = new VectorQuantizer(layout, "q", 5, 3);
        var w = new ParameterViews(layout, layout.Initialise(1), ScalarType.Float32);
        var x = Random(2, 3, 4, 4).requires_grad_(true);
        var (values, indices, _) = quantizer.Forward(w, x);
        Assert.True(LargestDifference(values.detach(), w[0].index_select(0, indices.flatten()).view(2, 4, 4, 3).permute(0, 3, 1, 2)) < 1e-6);
        var direction = Random(2, 3, 4, 4);
        Assert.True(SameBits(direction, autograd.grad([values], [x], [direction])[0]));
    }

    [Fact]
    public void Power_iteration_finds_the_largest_singular_value()
    {
        var critic = new Discriminator(new DiscriminatorOptions(3, 0, 16, 4));
        var flat = critic.Initialise(1);
        for (var i = 0; i < 60; i++)
            critic.Iterate(flat);
        var named = critic.Layout.Named(flat).ToDictionary(item => item.Name, item => item.View);
        var matrix = named["encoder.2.weight_orig"].flatten(1);
        var estimate = named["encoder.2.weight_u"].dot(matrix.mv(named["encoder.2.weight_v"]));
        Assert.Equal(matrix.matmul(matrix.t()).trace().sqrt().ToDouble(), Math.Sqrt(matrix.square().sum().ToDouble()), 1e-4);
        var largest = linalg.svdvals(matrix)[0];
        Assert.Equal(largest.ToDouble(), estimate.ToDouble(), 1e-3);
        Assert.Equal([2, 1, 2, 2], critic.Forward(new ParameterViews(critic.Layout, flat, ScalarType.Float32), Random(2, 3, 32, 32)).shape);
    }

    [Fact]
    public void Control_networks_of_every_kind_start_without_effect()
    {
        var tiny = new EfficientOptions([new(true, 1, 3, 1, 8, 8, 1), new(false, 4, 3, 2, 8, 12, 1)], 24);
        foreach (var (bottleneck, inputs, height) in new (ControlBottleneck, int, int)[] { (new ControlBottleneck.Simple(), 2, 16), (new ControlBottleneck.Large(32, 8, 2, 12), 1, 16), (new ControlBottleneck.Efficient(tiny), 3, 4), (new ControlBottleneck.Efficient(tiny), 1, 4) })
        {
            var network = new ControlNet(new ControlOptions(inputs, 6, [0, 2], bottleneck));
            var result = network.Forward(new ParameterViews(network.Layout, network.Layout.Initialise(1), ScalarType.Float32), Random(1, inputs, 16, 16));
            Assert.Equal(3, result.Count);
            Assert.Null(result[1]);
            Assert.Equal([1, 6, height, height], result[2]!.shape);
            Assert.Equal(0, result[2]!.abs().max().ToDouble());
        }
    }

    [Fact]
    public void Dropout_happens_in_training_alone()
    {
        var options = Tiny([1, 1]) with { Dropout = [0.5, 0.5] };
        var layout = new ParameterLayout();
        var unet = new CascadeUnet(layout, options);
        var flat = layout.Initialise(1);
        layout.Named(flat).Single(item => item.Name == "clf.1.weight").View.normal_();
        var w = new ParameterViews(layout, flat, ScalarType.Float32);
        var x = unet.Embed(w, Random(2, 4, 8, 8));
        Tensor Run(Generator? masks) => unet.Forward(w, x, new BlockContext(Random(2, 8), Random(2, 3, 5), masks));
        Assert.True(SameBits(Run(null), Run(null)));
        Assert.True(LargestDifference(Run(null), Run(new Generator(1))) > 1e-3);
        Assert.True(SameBits(Run(new Generator(1)), Run(new Generator(1))));
    }

    private static UnetOptions Tiny(IReadOnlyList<int> down) => new()
    {
        In = 4,
        Out = 4,
        Hidden = [8, 12],
        Heads = [2, 3],
        Down = down,
        Up = [1, 1],
        DownRepeats = [1, 1],
        UpRepeats = [2, 1],
        Levels = ["CT", "CTAF"],
        Dropout = [0, 0],
        SelfAttention = [true, true],
        Condition = 5,
        TimeFeatures = 8,
        Scaling = new LevelScaling.Strided(),
    };

    private static Tensor Random(params long[] shape)
    {
        using var generator = new Generator((ulong)shape.Sum());
        return randn(shape, generator: generator);
    }
}

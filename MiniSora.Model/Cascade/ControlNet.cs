using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>How a control network reads its picture.</summary>
internal abstract record ControlBottleneck
{
    /// <summary>An EfficientNetV2 trunk; other than 3 channels replace its stem by one without padding.</summary>
    public sealed record Efficient(EfficientOptions Trunk) : ControlBottleneck;

    /// <summary>Two 3×3 convolutions, four times as wide in between.</summary>
    public sealed record Simple : ControlBottleneck;

    /// <summary>1×1 convolutions around residual blocks at the picture's resolution.</summary>
    public sealed record Large(int Wide = 4096 * 4, int Inner = 1024, int Blocks = 8, int Outputs = 1280) : ControlBottleneck;
}

/// <summary>Sizes of <see cref="ControlNet"/>.</summary>
/// <param name="Inputs">Channels of the picture: edges 1, image 3, masked image 4, identity 512.</param>
/// <param name="Width">Channels of the controlled network's blocks.</param>
/// <param name="Blocks">Numbers of the blocks of letter C that get a projection.</param>
/// <param name="Bottleneck">How the picture is read.</param>
internal sealed record ControlOptions(int Inputs, int Width, IReadOnlyList<int> Blocks, ControlBottleneck Bottleneck);

/// <summary>
/// Control network of stage C (Stability-AI/StableCascade, modules/controlnet.py; Zhang et al. 2023): a picture to one addition per chosen block. Keys
/// <c>backbone</c>, <c>projections.i.{0,2}</c>. The last convolution of every projection starts at zero: nothing is controlled at first.
/// </summary>
internal sealed class ControlNet
{
    private readonly ControlOptions options;
    private readonly List<Func<ParameterViews, Tensor, Tensor>> backbone = [];
    private readonly List<(Convolution First, Convolution Second)> projections = [];

    public ControlNet(ControlOptions options)
    {
        this.options = options;
        var width = Backbone();
        for (var i = 0; i < options.Blocks.Count; i++)
        {
            projections.Add((
                new Convolution(Layout, $"projections.{i}.0", width, width, Kernel.Point, bias: false),
                new Convolution(Layout, $"projections.{i}.2", width, options.Width, Kernel.Point, Initial.Zero, bias: false)));
        }
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Picture [B, c, H, W] to additions [B, width, h, w] by block, null where a block has none: what <see cref="StageC.Forward"/> takes.</summary>
    public IReadOnlyList<Tensor?> Forward(ParameterViews w, Tensor picture)
    {
        var x = picture.to_type(w.Compute);
        foreach (var layer in backbone)
            x = layer(w, x);
        var result = new Tensor?[options.Blocks.Max() + 1];
        for (var i = 0; i < projections.Count; i++)
            result[options.Blocks[i]] = projections[i].Second.Forward(w, Leaky(projections[i].First.Forward(w, x))).to_type(ScalarType.Float32);
        return result;
    }

    private static Tensor Leaky(Tensor x) => nn.functional.leaky_relu(x, 0.2);

    /// <summary>Declares the layers and returns their width.</summary>
    private long Backbone()
    {
        switch (options.Bottleneck)
        {
            case ControlBottleneck.Efficient(var trunk):
                var stem = options.Inputs == 3 ? trunk : trunk with { Inputs = options.Inputs, StemPadding = 0 };
                backbone.Add(new EfficientTrunk(Layout, "backbone", stem).Forward);
                return trunk.Last;
            case ControlBottleneck.Simple:
                Add(options.Inputs, 4 * options.Inputs, Kernel.Same(3), 0);
                backbone.Add((_, x) => Leaky(x));
                Add(4 * options.Inputs, options.Inputs, Kernel.Same(3), 2);
                return options.Inputs;
            case ControlBottleneck.Large large:
                Add(options.Inputs, large.Wide, Kernel.Point, 0);
                backbone.Add((_, x) => Leaky(x));
                Add(large.Wide, large.Inner, Kernel.Point, 2);
                for (var i = 0; i < large.Blocks; i++)
                    backbone.Add(new ControlBlock(Layout, $"backbone.{3 + i}.blocks", large.Inner).Forward);
                Add(large.Inner, large.Outputs, Kernel.Point, 3 + large.Blocks);
                return large.Outputs;
            default:
                throw new InvalidOperationException($"Unknown bottleneck {options.Bottleneck}.");
        }
    }

    private void Add(long inputs, long outputs, Kernel kernel, int index) =>
        backbone.Add(new Convolution(Layout, $"backbone.{index}", inputs, outputs, kernel).Forward);
}

/// <summary>x + two times (affine LN with ε = 1e-5, GELU, 3×3 convolution): keys <c>{name}.{0,2,3,5}</c>.</summary>
internal sealed class ControlBlock
{
    private readonly (int Weight, int Bias)[] norms;
    private readonly Convolution[] convolutions;
    private readonly long width;

    public ControlBlock(ParameterLayout layout, string name, long width)
    {
        this.width = width;
        norms = [.. new[] { 0, 3 }.Select(i => (layout.Add($"{name}.{i}.weight", [width], Start.One), layout.Add($"{name}.{i}.bias", [width], Start.Zero)))];
        convolutions = [.. new[] { 2, 5 }.Select(i => new Convolution(layout, $"{name}.{i}", width, width, Kernel.Same(3)))];
    }

    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var result = x;
        for (var i = 0; i < convolutions.Length; i++)
        {
            var normed = nn.functional.layer_norm(result.permute(0, 2, 3, 1), [width], w[norms[i].Weight], w[norms[i].Bias], 1e-5).permute(0, 3, 1, 2);
            result = convolutions[i].Forward(w, nn.functional.gelu(normed));
        }

        return x.Plus(result);
    }
}

using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>One row of an EfficientNetV2 table.</summary>
/// <param name="Fused">Fused-MBConv (F) instead of MBConv (M).</param>
/// <param name="Expand">Inner width relative to the input's.</param>
/// <param name="Kernel">Side of the kernel.</param>
/// <param name="Stride">Step of the first of the layers; the others keep the resolution.</param>
/// <param name="In">Channels in.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Layers">Blocks in the row.</param>
internal sealed record EfficientRow(bool Fused, double Expand, int Kernel, int Stride, int In, int Out, int Layers);

/// <summary>Sizes of <see cref="EfficientTrunk"/>.</summary>
/// <param name="Rows">Table.</param>
/// <param name="Last">Channels that go out.</param>
/// <param name="Inputs">Channels that come in.</param>
/// <param name="StemPadding">1; the control network pads nothing when it replaces the stem.</param>
internal sealed record EfficientOptions(IReadOnlyList<EfficientRow> Rows, int Last = 1280, int Inputs = 3, int StemPadding = 1)
{
    /// <summary>EfficientNetV2-S (Tan and Le 2021, table 4).</summary>
    public static EfficientOptions Small { get; } = new(
    [
        new(true, 1, 3, 1, 24, 24, 2),
        new(true, 4, 3, 2, 24, 48, 4),
        new(true, 4, 3, 2, 48, 64, 4),
        new(false, 4, 3, 2, 64, 128, 6),
        new(false, 6, 3, 1, 128, 160, 9),
        new(false, 6, 3, 2, 160, 256, 15),
    ]);
}

/// <summary>
/// The convolutional trunk of EfficientNetV2 as torchvision builds it: stem, rows of blocks, 1×1 convolution; batch norms with ε = 1e-3 and SiLU.
/// Keys <c>{name}.0.{0,1}</c>, <c>{name}.row.layer.block.k.{0,1}</c>, squeeze-excitation <c>.block.2.{fc1,fc2}</c>. It is used frozen: no stochastic depth.
/// </summary>
internal sealed class EfficientTrunk
{
    private readonly List<Func<ParameterViews, Tensor, Tensor>> layers = [];

    public EfficientTrunk(ParameterLayout layout, string name, EfficientOptions options)
    {
        layers.Add(new NormedConvolution(layout, $"{name}.0", options.Inputs, options.Rows[0].In, new Kernel(3, 2, options.StemPadding), true).Forward);
        for (var row = 0; row < options.Rows.Count; row++)
        {
            var spec = options.Rows[row];
            for (var i = 0; i < spec.Layers; i++)
            {
                var block = i == 0 ? spec : spec with { In = spec.Out, Stride = 1 };
                layers.Add(new EfficientBlock(layout, $"{name}.{row + 1}.{i}.block", block).Forward);
            }
        }

        layers.Add(new NormedConvolution(layout, $"{name}.{options.Rows.Count + 1}", options.Rows[^1].Out, options.Last, Kernel.Point, true).Forward);
    }

    /// <summary>Images [B, 3, H, W], ImageNet-normalised, to [B, last, H/32, W/32].</summary>
    public Tensor Forward(ParameterViews w, Tensor x)
    {
        foreach (var layer in layers)
            x = layer(w, x);
        return x;
    }
}

/// <summary>Convolution without bias, batch norm, SiLU if wanted: keys <c>{name}.0</c>, <c>{name}.1</c>.</summary>
internal sealed class NormedConvolution
{
    private readonly Convolution convolution;
    private readonly BatchNorm norm;
    private readonly bool activate;

    public NormedConvolution(ParameterLayout layout, string name, long inputs, long outputs, Kernel kernel, bool activate)
    {
        convolution = new Convolution(layout, $"{name}.0", inputs, outputs, kernel, Initial.FanOut, bias: false);
        norm = new BatchNorm(layout, $"{name}.1", outputs, 1e-3);
        this.activate = activate;
    }

    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var normed = norm.Forward(w, convolution.Forward(w, x));
        return activate ? nn.functional.silu(normed) : normed;
    }
}

/// <summary>Fused-MBConv or MBConv; residual where shapes allow.</summary>
internal sealed class EfficientBlock
{
    private readonly List<Func<ParameterViews, Tensor, Tensor>> steps = [];
    private readonly bool residual;

    public EfficientBlock(ParameterLayout layout, string name, EfficientRow row)
    {
        residual = row.Stride == 1 && row.In == row.Out;
        var inner = MultipleOf8(row.In * row.Expand);
        var kernel = Kernel.Same(row.Kernel, row.Stride);
        void Add(long from, long to, Kernel size, bool activate) => steps.Add(new NormedConvolution(layout, $"{name}.{steps.Count}", from, to, size, activate).Forward);
        if (row.Fused)
        {
            if (inner == row.In)
            {
                Add(row.In, row.Out, kernel, true);
            }
            else
            {
                Add(row.In, inner, kernel, true);
                Add(inner, row.Out, Kernel.Point, false);
            }

            return;
        }

        if (inner != row.In)
            Add(row.In, inner, Kernel.Point, true);
        Add(inner, inner, kernel with { Depthwise = true }, true);
        steps.Add(new SqueezeExcitation(layout, $"{name}.{steps.Count}", inner, Math.Max(1, row.In / 4)).Forward);
        Add(inner, row.Out, Kernel.Point, false);
    }

    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var result = x;
        foreach (var step in steps)
            result = step(w, result);
        return residual ? result.Plus(x) : result;
    }

    /// <summary>The nearest multiple of 8, at least 8 and never below nine tenths of the number (torchvision's rule).</summary>
    private static long MultipleOf8(double channels)
    {
        var rounded = Math.Max(8, (long)(channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
}

/// <summary>Scales channels by a small network of their means (Hu et al. 2018): keys <c>{name}.fc1</c>, <c>{name}.fc2</c>.</summary>
internal sealed class SqueezeExcitation
{
    private readonly Convolution fc1;
    private readonly Convolution fc2;

    public SqueezeExcitation(ParameterLayout layout, string name, long channels, long squeezed)
    {
        fc1 = new Convolution(layout, $"{name}.fc1", channels, squeezed, Kernel.Point, Initial.FanOut);
        fc2 = new Convolution(layout, $"{name}.fc2", squeezed, channels, Kernel.Point, Initial.FanOut);
    }

    public Tensor Forward(ParameterViews w, Tensor x) =>
        x * fc2.Forward(w, nn.functional.silu(fc1.Forward(w, x.mean([2, 3], keepdim: true)))).sigmoid();
}

/// <summary>
/// The semantic compressor (Stability-AI/StableCascade, modules/effnet.py): trunk, 1×1 convolution without bias, batch norm without gain, so that every
/// latent channel has mean 0 and deviation 1. Keys <c>backbone</c>, <c>mapper.0</c>, <c>mapper.1</c>.
/// </summary>
internal sealed class EfficientEncoder
{
    private readonly EfficientTrunk trunk;
    private readonly Convolution mapper;
    private readonly BatchNorm norm;

    public EfficientEncoder(EfficientOptions options, int latent = 16)
    {
        trunk = new EfficientTrunk(Layout, "backbone", options);
        mapper = new Convolution(Layout, "mapper.0", options.Last, latent, Kernel.Point, bias: false);
        norm = new BatchNorm(Layout, "mapper.1", latent, affine: false);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Images [B, 3, H, W], normalised by <see cref="Normalise"/>, to latents [B, c, H/32, W/32], float32.</summary>
    public Tensor Forward(ParameterViews w, Tensor images)
    {
        using var scope = NewDisposeScope();
        return norm.Forward(w, mapper.Forward(w, trunk.Forward(w, images.to_type(w.Compute)))).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Images in [0, 1] by the means and deviations of ImageNet's channels.</summary>
    public static Tensor Normalise(Tensor images)
    {
        using var scope = NewDisposeScope();
        var mean = tensor(new float[] { 0.485f, 0.456f, 0.406f }, device: images.device).view(1, 3, 1, 1);
        var deviation = tensor(new float[] { 0.229f, 0.224f, 0.225f }, device: images.device).view(1, 3, 1, 1);
        return (images.Minus(mean) / deviation).MoveToOuterDisposeScope();
    }
}

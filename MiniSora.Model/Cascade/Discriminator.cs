using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Sizes of <see cref="Discriminator"/>; the defaults are the original's.</summary>
/// <param name="Inputs">Channels of the images.</param>
/// <param name="Condition">Width of a condition vector; 0 for none.</param>
/// <param name="Hidden">Channels of the last convolution.</param>
/// <param name="Depth">Convolutions.</param>
internal sealed record DiscriminatorOptions(int Inputs = 3, int Condition = 0, int Hidden = 512, int Depth = 6);

/// <summary>
/// Stage A's critic in training (Stability-AI/StableCascade, modules/stage_a.py): strided 3×3 convolutions with spectral norm (Miyato et al. 2018), instance norm
/// from the second on, leaky ReLU 0.2, a 1×1 convolution, sigmoid. Keys <c>encoder.k.{weight_orig, weight_u, weight_v, bias}</c>, <c>shuffle</c>;
/// u and v are the stored singular vectors, never trained.
/// </summary>
internal sealed class Discriminator
{
    private readonly List<SpectralConvolution> layers = [];
    private readonly Convolution output;

    public Discriminator(DiscriminatorOptions options)
    {
        var deepest = Math.Max(options.Depth - 3, 3);
        long Width(int step) => options.Hidden >> Math.Max(deepest - step, 0);
        layers.Add(new SpectralConvolution(Layout, "encoder.0", options.Inputs, Width(0)));
        for (var i = 1; i < options.Depth; i++)
            layers.Add(new SpectralConvolution(Layout, $"encoder.{3 * i - 1}", Width(i - 1), Width(i)));
        output = new Convolution(Layout, "shuffle", options.Hidden + options.Condition, 1, Kernel.Point);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>A flat buffer whose singular vectors have length 1.</summary>
    public Tensor Initialise(ulong seed)
    {
        var flat = Layout.Initialise(seed);
        layers.ForEach(layer => layer.Normalise(Layout, flat));
        return flat;
    }

    /// <summary>One power iteration of every convolution's singular vectors, in place: torch does so before each pass in training.</summary>
    public void Iterate(Tensor flat) => layers.ForEach(layer => layer.Iterate(Layout, flat));

    /// <summary>Images [B, 3, H, W] and, if the network takes one, a condition [B, c] to probabilities [B, 1, H/2^depth, W/2^depth], float32.</summary>
    public Tensor Forward(ParameterViews w, Tensor images, Tensor? condition = null)
    {
        using var scope = NewDisposeScope();
        var x = images.to_type(w.Compute);
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].Forward(w, x);
            if (i > 0)
                x = InstanceNorm(x);
            x = nn.functional.leaky_relu(x, 0.2);
        }

        if (condition is not null)
            x = cat([x, condition.to_type(w.Compute).view(x.shape[0], -1, 1, 1).expand(-1, -1, x.shape[2], x.shape[3])], 1);
        return output.Forward(w, x).sigmoid().to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Zero mean and unit variance of every channel of every image, ε = 1e-5.</summary>
    private static Tensor InstanceNorm(Tensor x) =>
        nn.functional.layer_norm(x.flatten(2), [x.shape[2] * x.shape[3]], null, null, 1e-5).view(x.shape);
}

/// <summary>3×3 convolution of stride 2 whose kernel, as the matrix [out, in·9], is divided by its largest singular value uᵀWv.</summary>
internal sealed class SpectralConvolution
{
    private readonly int weight;
    private readonly int u;
    private readonly int v;
    private readonly int bias;

    public SpectralConvolution(ParameterLayout layout, string name, long inputs, long outputs)
    {
        long[] shape = [outputs, inputs, 3, 3];
        bias = layout.AddBias($"{name}.bias", outputs, shape, Initial.Torch);
        weight = layout.AddWeight($"{name}.weight_orig", shape, Initial.Torch);
        u = layout.Add($"{name}.weight_u", [outputs], Start.UnitNormal, trainable: false);
        v = layout.Add($"{name}.weight_v", [9 * inputs], Start.UnitNormal, trainable: false);
    }

    public Tensor Forward(ParameterViews w, Tensor x)
    {
        var matrix = w[weight].flatten(1);
        var sigma = w[u].dot(matrix.mv(w[v]));
        return Convolution.Apply(x, w[weight] / sigma, w[bias], Kernel.Same(3, 2));
    }

    public void Normalise(ParameterLayout layout, Tensor flat)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var vector in new[] { u, v })
            View(layout, flat, vector).copy_(Unit(View(layout, flat, vector)));
    }

    public void Iterate(ParameterLayout layout, Tensor flat)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var matrix = View(layout, flat, weight).view(layout.Specs[weight].Shape).flatten(1);
        View(layout, flat, v).copy_(Unit(matrix.t().mv(View(layout, flat, u))));
        View(layout, flat, u).copy_(Unit(matrix.mv(View(layout, flat, v))));
    }

    private static Tensor View(ParameterLayout layout, Tensor flat, int index) => flat.narrow(0, layout.Specs[index].Offset, layout.Specs[index].Count);

    private static Tensor Unit(Tensor vector) => nn.functional.normalize(vector, 2, 0, 1e-12);
}

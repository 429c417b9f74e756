using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// LoRA (Hu et al. 2021) as the original applies it: a parametrisation of weights, W + (up · down) · α/rank. For every adapted weight
/// <c>{module}.{weight}</c> the keys are <c>{module}.parametrizations.{weight}.original</c>, <c>….0.lora_down</c> [rank, in] (zero at the start, so that
/// nothing changes) and <c>….0.lora_up</c> [out, rank] (unit normal). Only down and up are trained.
/// Kernels larger than one pixel get the same addition at each of their positions.
/// </summary>
internal sealed class LowRankAdapter
{
    private readonly ParameterLayout adapted;
    private readonly List<(int Original, int Down, int Up)> places = [];
    private readonly double scale;

    /// <param name="adapted">Layout of the network.</param>
    /// <param name="filters">Parts of module names; a weight is adapted if its module's name contains one. Null: all weights.</param>
    /// <param name="rank">Rank of the addition.</param>
    /// <param name="alpha">Its strength is α/rank.</param>
    public LowRankAdapter(ParameterLayout adapted, IReadOnlyList<string>? filters, int rank, double alpha = 1)
    {
        this.adapted = adapted;
        scale = alpha / rank;
        foreach (var spec in adapted.Specs)
        {
            var dot = spec.Name.LastIndexOf('.');
            var (module, weight) = dot < 0 ? ("", spec.Name) : (spec.Name[..dot], spec.Name[(dot + 1)..]);
            if (weight is not ("weight" or "in_proj_weight") || spec.Shape.Length < 2 || (filters is not null && !filters.Any(module.Contains)))
            {
                places.Add((Layout.Add(spec.Name, spec.Shape, spec.Start, trainable: false, scale: spec.Scale), -1, -1));
                continue;
            }

            var name = $"{(module.Length > 0 ? module + "." : "")}parametrizations.{weight}";
            places.Add((
                Layout.Add($"{name}.original", spec.Shape, spec.Start, trainable: false, scale: spec.Scale),
                Layout.Add($"{name}.0.lora_down", [rank, spec.Shape[1]], Start.Zero),
                Layout.Add($"{name}.0.lora_up", [spec.Shape[0], rank], Start.UnitNormal)));
        }
    }

    /// <summary>The parametrised network's parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>The network's effective parameters, in the order of its own layout, with gradients to the adapter.</summary>
    public ParameterViews Merge(ParameterViews w)
    {
        var merged = new Tensor[places.Count];
        for (var i = 0; i < places.Count; i++)
        {
            var (original, down, up) = places[i];
            merged[i] = w[original];
            if (down < 0)
                continue;
            var shape = adapted.Specs[i].Shape;
            long[] added = [shape[0], shape[1], .. Enumerable.Repeat(1L, shape.Length - 2)];
            merged[i] = merged[i].Plus(matmul(w[up], w[down]).view(added).mul(HeldScalar.Of(scale)));
        }

        return new ParameterViews(merged, w.Compute);
    }
}

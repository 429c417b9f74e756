using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Stands for the semantic compressor at mini scale (models.md §1.3): stage A's encoder with one more halving, ended like the original by a batch norm without
/// gain so that the prior's data have mean 0 and deviation 1. Trained with stage B. Keys <c>in_block.1</c>, <c>down_blocks.k</c>, <c>mapper.0</c>, <c>mapper.1</c>.
/// </summary>
internal sealed class SemanticEncoder
{
    private const int Levels = 3;
    private readonly Convolution input;
    private readonly List<Func<ParameterViews, Tensor, Tensor>> down = [];
    private readonly Convolution mapper;
    private readonly BatchNorm norm;

    public SemanticEncoder(int width, int latent)
    {
        long Width(int level) => width >> (Levels - 1 - level);
        input = new Convolution(Layout, "in_block.1", 12, Width(0), Kernel.Point);
        for (var i = 0; i < Levels; i++)
        {
            if (i > 0)
                down.Add(new Convolution(Layout, $"down_blocks.{down.Count}", Width(i - 1), Width(i), new Kernel(4, 2, 1)).Forward);
            down.Add(new GammaBlock(Layout, $"down_blocks.{down.Count}", Width(i)).Forward);
        }

        mapper = new Convolution(Layout, "mapper.0", width, latent, Kernel.Point, bias: false);
        norm = new BatchNorm(Layout, "mapper.1", latent, affine: false);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Frames [B, 3, H, W] to latents [B, c, H/8, W/8], float32.</summary>
    public Tensor Forward(ParameterViews w, Tensor images, BatchStatistics? training = null)
    {
        var x = input.Forward(w, nn.functional.pixel_unshuffle(images.to_type(w.Compute), 2));
        foreach (var layer in down)
            x = layer(w, x);
        return norm.Forward(w, mapper.Forward(w, x), training).to_type(ScalarType.Float32);
    }
}

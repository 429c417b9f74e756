using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// A biased convolution whose kernel is its stride, as one matrix product: keys <c>{name}.weight</c> [D, C, (pt,) p, p] and
/// <c>{name}.bias</c>. The numbers of a patch are in the order (channel, time, row, column).
/// </summary>
internal sealed class PatchEmbedding
{
    private readonly int weight;
    private readonly int bias;
    private readonly long width;
    private readonly PatchSize patch;

    /// <summary>Patches of images, 2-D kernel.</summary>
    public PatchEmbedding(ParameterLayout layout, string name, long channels, long width, int patch)
        : this(layout, name, [width, channels, patch, patch], new PatchSize(1, patch, patch))
    {
    }

    /// <summary>Patches of videos, 3-D kernel.</summary>
    public PatchEmbedding(ParameterLayout layout, string name, long channels, long width, PatchSize patch)
        : this(layout, name, [width, channels, patch.Frames, patch.Height, patch.Width], patch)
    {
    }

    private PatchEmbedding(ParameterLayout layout, string name, long[] kernel, PatchSize patch)
    {
        this.patch = patch;
        width = kernel[0];
        weight = layout.Add($"{name}.weight", kernel, Start.Xavier, decay: true);
        bias = layout.Add($"{name}.bias", [width], Start.Zero);
    }

    /// <summary>[N, C, H, W] to [N, S, D], S row-major.</summary>
    public Tensor Images(ParameterViews w, Tensor x) => Videos(w, x.unsqueeze(2));

    /// <summary>[N, C, T, H, W] to [N, S, D], S in the order (time, row, column). Throws when the patch does not divide a size.</summary>
    public Tensor Videos(ParameterViews w, Tensor x)
    {
        var s = x.shape;
        if (s[2] % patch.Frames != 0 || s[3] % patch.Height != 0 || s[4] % patch.Width != 0)
            throw new ArgumentException($"x is [{string.Join(", ", s)}]; its last three sizes must be multiples of {patch.Frames}, {patch.Height} and {patch.Width}", nameof(x));
        var (t, rows, columns) = (s[2] / patch.Frames, s[3] / patch.Height, s[4] / patch.Width);
        var patches = x.to_type(w.Compute)
            .reshape(s[0], s[1], t, patch.Frames, rows, patch.Height, columns, patch.Width)
            .permute(0, 2, 4, 6, 1, 3, 5, 7)
            .reshape(s[0] * t * rows * columns, s[1] * patch.Volume);
        return nn.functional.linear(patches, w[weight].view(width, -1), w[bias]).view(s[0], t * rows * columns, width);
    }
}

using System.Globalization;
using MiniSora.Model.Backbones;

namespace MiniSora.Model.Weights.Import;

/// <summary>
/// Sizes of a DiT, SiT or Latte as the shapes of its published tensors tell them. The number of heads is in no shape: it follows from the width in the named sizes.
/// </summary>
internal sealed record DenoiserShape
{
    private const string Patches = "x_embedder.proj.weight";
    private const string Output = "final_layer.linear.weight";
    private const string Labels = "y_embedder.embedding_table.weight";
    private const string Times = "temp_embed";

    public required int LatentSize { get; init; }
    public required int Channels { get; init; }
    public required int Patch { get; init; }
    public required int Width { get; init; }
    public required int Depth { get; init; }
    public required int Heads { get; init; }
    public required double MlpRatio { get; init; }
    public required bool LearnsVariance { get; init; }

    /// <summary>Classes without the null class; 0: none are told.</summary>
    public required int Classes { get; init; }

    /// <summary>Frames of a clip; 1 for images.</summary>
    public required int Frames { get; init; }

    public required LatteVariant Variant { get; init; }

    /// <summary>Reads the shapes. Throws <see cref="ImportException"/>.</summary>
    /// <param name="kind">For errors.</param>
    /// <param name="shapes">Shapes by published name.</param>
    /// <param name="heads">Attention heads where the width is no named size's.</param>
    /// <param name="lateFusion">Latte's variant 2, whose tensors are those of variant 1.</param>
    public static DenoiserShape Of(string kind, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, int? heads, bool lateFusion)
    {
        IReadOnlyList<long> Shape(string name, int dimensions) => shapes.TryGetValue(name, out var shape) && shape.Count == dimensions && shape.All(size => size is > 0 and < int.MaxValue)
            ? shape
            : throw new ImportException("import_keys", $"This is no {kind}: it has no \"{name}\" of {dimensions} dimensions.", ("kind", kind), ("detail", $"{name} [{dimensions}]"));

        if (shapes.ContainsKey("text_embedding_projection.1.weight"))
        {
            throw new ImportException("import_text", "This Latte reads text features of CLIP, an encoder that is not built here.");
        }

        var patches = Shape(Patches, 4);
        var (width, channels, patch) = ((int)patches[0], (int)patches[1], (int)patches[2]);
        var positions = Shape("pos_embed", 3);
        var grid = (int)Math.Round(Math.Sqrt(positions[1]));
        var outputs = Shape(Output, 2)[0] / ((long)patch * patch);
        var blocks = shapes.Keys.Where(name => name.StartsWith("blocks.", StringComparison.Ordinal)).Select(name => name.Split('.')[1]).Distinct().Count();
        return new DenoiserShape
        {
            LatentSize = grid * patch,
            Channels = channels,
            Patch = patch,
            Width = width,
            Depth = blocks,
            Heads = heads ?? HeadsOf(width),
            MlpRatio = (double)Shape("blocks.0.mlp.fc1.weight", 2)[0] / width,
            LearnsVariance = outputs == 2 * channels,
            Classes = shapes.ContainsKey(Labels) ? (int)Shape(Labels, 2)[0] - 1 : 0,
            Frames = shapes.ContainsKey(Times) ? (int)Shape(Times, 3)[1] : 1,
            Variant = shapes.ContainsKey("blocks.0.fusion.weight") ? LatteVariant.ParallelAttention
                : shapes.ContainsKey("blocks.0.attn_temporal.qkv.weight") ? LatteVariant.SequentialAttention
                : lateFusion ? LatteVariant.LateFusion : LatteVariant.Interleaved,
        };
    }

    /// <summary>The network these tensors belong to, as the originals' constructors have it.</summary>
    public Layers.ParameterLayout SourceLayout(bool latte) => latte
        ? new Latte(new LatteOptions
        {
            InputSize = LatentSize,
            PatchSize = Patch,
            InChannels = Channels,
            HiddenSize = Width,
            Depth = Depth,
            NumHeads = Heads,
            MlpRatio = MlpRatio,
            NumFrames = Frames,
            NumClasses = Classes,
            LearnSigma = LearnsVariance,
            Conditioning = Classes > 0 ? LatteConditioning.Label : LatteConditioning.None,
            Variant = Variant,
        }).Layout
        : new DiT(new DiTOptions
        {
            InputSize = LatentSize,
            PatchSize = Patch,
            InChannels = Channels,
            HiddenSize = Width,
            Depth = Depth,
            NumHeads = Heads,
            MlpRatio = MlpRatio,
            NumClasses = Classes,
            LearnSigma = LearnsVariance,
        }).Layout;

    /// <summary>Throws <see cref="ImportException"/> (<c>import_size</c>) when this is not the named size.</summary>
    public void Require(NetworkSize size, string name)
    {
        if ((Depth, Width, Heads, Patch) == (size.Depth, size.Width, size.Heads, size.Patch))
            return;
        string Text(int depth, int width, int heads, int patch) => string.Create(CultureInfo.InvariantCulture, $"{depth} blocks of width {width}, {heads} heads, patch {patch}");
        var (wanted, found) = ($"{name} ({Text(size.Depth, size.Width, size.Heads, size.Patch)})", Text(Depth, Width, Heads, Patch));
        throw new ImportException("import_size", $"The file holds {found}, not {wanted}.", ("wanted", wanted), ("found", found));
    }

    private static int HeadsOf(int width) => DiTPresets.Sizes.Values.FirstOrDefault(size => size.Width == width) is { Heads: > 0 } named
        ? named.Heads
        : throw new ImportException("import_heads", $"Width {width} is that of no named size: say how many attention heads there are.", ("width", width.ToString(CultureInfo.InvariantCulture)));
}

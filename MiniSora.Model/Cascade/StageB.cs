using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Sizes of <see cref="StageB"/>.</summary>
/// <param name="Unet">The network.</param>
/// <param name="Clip">Width of the pooled text vector.</param>
/// <param name="ClipTokens">Tokens made of every pooled vector, c_clip_seq.</param>
/// <param name="Semantic">Channels of the semantic latent, c_effnet.</param>
/// <param name="Pixels">Channels of the optional pixel condition.</param>
internal sealed record StageBOptions(UnetOptions Unet, int Clip = 1280, int ClipTokens = 4, int Semantic = 16, int Pixels = 3)
{
    /// <summary>The released "stage_b" (3B in file names; 1.56 billion parameters).</summary>
    public static StageBOptions Large { get; } = Published([320, 640, 1280, 1280], [-1, -1, 20, 20], [2, 6, 28, 6], [6, 28, 6, 2], [3, 3, 2, 2], ["CT", "CT", "CTA", "CTA"]);

    /// <summary>The released "stage_b_lite" (700M in file names; 716 million parameters): attention from the second level on.</summary>
    public static StageBOptions Lite { get; } = Published([320, 576, 1152, 1152], [-1, 9, 18, 18], [2, 4, 14, 4], [4, 14, 4, 2], [2, 2, 2, 2], ["CT", "CTA", "CTA", "CTA"]);

    private static StageBOptions Published(int[] hidden, int[] heads, int[] down, int[] up, int[] repeats, string[] levels) => new(new UnetOptions
    {
        In = 4,
        Out = 4,
        Patch = 2,
        Hidden = hidden,
        Heads = heads,
        Down = down,
        Up = up,
        DownRepeats = [1, 1, 1, 1],
        UpRepeats = repeats,
        Levels = levels,
        Dropout = [0, 0, 0.1, 0.1],
        SelfAttention = [true, true, true, true],
        Condition = 1280,
        TimeConditions = ["sca"],
        Scaling = new LevelScaling.Strided(),
    });
}

/// <summary>
/// Stage B (Stability-AI/StableCascade, modules/stage_b.py): denoises the latents of stage A under a semantic latent that is resized to the grid,
/// mapped and added. Keys of <see cref="CascadeUnet"/> and <c>effnet_mapper.{0,2}</c>, <c>pixels_mapper.{0,2}</c>, <c>clip_mapper</c>.
/// </summary>
internal sealed class StageB
{
    private readonly StageBOptions options;
    private readonly PointMapper semantic;
    private readonly PointMapper pixels;
    private readonly Linear clip;
    private readonly CascadeUnet unet;

    public StageB(StageBOptions options)
    {
        this.options = options;
        var first = options.Unet.Hidden[0];
        semantic = new PointMapper(Layout, "effnet_mapper", options.Semantic, first);
        pixels = new PointMapper(Layout, "pixels_mapper", options.Pixels, first);
        clip = new Linear(Layout, "clip_mapper", options.Clip, options.Unet.Condition * options.ClipTokens, Initial.Mapper);
        unet = new CascadeUnet(Layout, options.Unet);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Pooled text [B, c_clip] or [B, n, c_clip] to condition tokens [B, n·c_clip_seq, c_cond].</summary>
    public Tensor Context(ParameterViews w, Tensor pooled)
    {
        var rows = pooled.dim() == 2 ? pooled.unsqueeze(1) : pooled;
        return ChannelNorm.Last(clip.Forward(w, rows.to_type(w.Compute)).view(rows.shape[0], rows.shape[1] * options.ClipTokens, options.Unet.Condition));
    }

    /// <summary>
    /// Noisy latents [B, c, H, W], noise levels r [B], semantic latents [B, c_effnet, h, w], pooled text, optional pixels [B, 3, h', w'] and further
    /// numbers by name ([B]; zero when not given) to the prediction [B, c, H, W], float32.
    /// <paramref name="frames"/>: how many consecutive elements are frames of one clip; noise level and text have one row for each element.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor r, Tensor semantics, Tensor pooled, Tensor? image = null, IReadOnlyDictionary<string, Tensor>? numbers = null, long frames = 1, Generator? dropout = null)
    {
        using var scope = NewDisposeScope();
        var context = new BlockContext(NoiseEmbedding.All(w, r, options.Unet, numbers), Context(w, pooled), dropout);
        var h = unet.Embed(w, x.to_type(w.Compute));
        var (height, width) = (h.shape[2], h.shape[3]);
        // The semantic latent is resized and then mapped, the pixels the other way round: so it was trained.
        h = h.Plus(semantic.Forward(w, Bilinear.Resize(semantics, height, width).to_type(w.Compute)));
        var given = image ?? zeros([x.shape[0], options.Pixels, 8, 8], device: x.device);
        h = h.Plus(Bilinear.Resize(pixels.Forward(w, given.to_type(w.Compute)), height, width));
        return unet.Forward(w, h, context, null, frames).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}

/// <summary>1×1 convolution to four times the width, GELU, 1×1 convolution, LN: keys <c>{name}.0</c>, <c>{name}.2</c>.</summary>
internal sealed class PointMapper
{
    private readonly Convolution first;
    private readonly Convolution second;

    public PointMapper(ParameterLayout layout, string name, long inputs, long width)
    {
        first = new Convolution(layout, $"{name}.0", inputs, 4 * width, Kernel.Point, Initial.Mapper);
        second = new Convolution(layout, $"{name}.2", 4 * width, width, Kernel.Point, Initial.Mapper);
    }

    /// <summary>[B, C, H, W] to [B, D, H, W].</summary>
    public Tensor Forward(ParameterViews w, Tensor x) => ChannelNorm.Apply(second.Forward(w, nn.functional.gelu(first.Forward(w, x))));
}

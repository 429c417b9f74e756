using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>Sizes of <see cref="StageC"/>.</summary>
/// <param name="Unet">The network.</param>
/// <param name="Text">Width of the text tokens.</param>
/// <param name="Pooled">Width of the pooled text vector.</param>
/// <param name="Image">Width of the image embedding.</param>
/// <param name="Tokens">Tokens made of every pooled vector and image embedding, c_clip_seq.</param>
internal sealed record StageCOptions(UnetOptions Unet, int Text = 1280, int Pooled = 1280, int Image = 768, int Tokens = 4)
{
    /// <summary>The released "stage_c" (3.6 billion parameters).</summary>
    public static StageCOptions Large { get; } = Published(2048, 32, [8, 24], [24, 8]);

    /// <summary>The released "stage_c_lite" (1 billion parameters).</summary>
    public static StageCOptions Lite { get; } = Published(1536, 24, [4, 12], [12, 4]);

    private static StageCOptions Published(int width, int heads, int[] down, int[] up) => new(new UnetOptions
    {
        In = 16,
        Out = 16,
        Hidden = [width, width],
        Heads = [heads, heads],
        Down = down,
        Up = up,
        DownRepeats = [1, 1],
        UpRepeats = [1, 1],
        Levels = ["CTA", "CTA"],
        Dropout = [0.1, 0.1],
        SelfAttention = [true, true],
        Condition = width,
        TimeConditions = ["sca", "crp"],
        Scaling = new LevelScaling.Interpolated([false]),
    });
}

/// <summary>
/// Stage C (Stability-AI/StableCascade, modules/stage_c.py): denoises semantic latents under text. Keys of <see cref="CascadeUnet"/> and
/// <c>clip_txt_mapper</c>, <c>clip_txt_pooled_mapper</c>, <c>clip_img_mapper</c>.
/// </summary>
internal sealed class StageC
{
    private readonly StageCOptions options;
    private readonly Linear text;
    private readonly Linear pooled;
    private readonly Linear image;
    private readonly CascadeUnet unet;

    public StageC(StageCOptions options)
    {
        this.options = options;
        var condition = options.Unet.Condition;
        text = new Linear(Layout, "clip_txt_mapper", options.Text, condition, Initial.Mapper);
        pooled = new Linear(Layout, "clip_txt_pooled_mapper", options.Pooled, condition * options.Tokens, Initial.Mapper);
        image = new Linear(Layout, "clip_img_mapper", options.Image, condition * options.Tokens, Initial.Mapper);
        unet = new CascadeUnet(Layout, options.Unet);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>
    /// Text tokens [B, L, c_text], pooled text and image embedding (each [B, c] or [B, n, c]) to condition tokens
    /// [B, L + (n + n')·c_clip_seq, c_cond], in this order.
    /// </summary>
    public Tensor Context(ParameterViews w, Tensor tokens, Tensor pooledText, Tensor imageEmbedding)
    {
        Tensor Rows(Linear mapper, Tensor given)
        {
            var rows = given.dim() == 2 ? given.unsqueeze(1) : given;
            return mapper.Forward(w, rows.to_type(w.Compute)).view(rows.shape[0], rows.shape[1] * options.Tokens, options.Unet.Condition);
        }

        return ChannelNorm.Last(cat([text.Forward(w, tokens.to_type(w.Compute)), Rows(pooled, pooledText), Rows(image, imageEmbedding)], 1));
    }

    /// <summary>
    /// Noisy latents [B, c, h, w], noise levels r [B], conditions as in <see cref="Context"/>, projections of a control network and further numbers by
    /// name ([B]; zero when not given) to the prediction [B, c, h, w], float32. <paramref name="frames"/> as in <see cref="StageB.Forward"/>.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor r, Tensor context, IReadOnlyList<Tensor?>? control = null, IReadOnlyDictionary<string, Tensor>? numbers = null, long frames = 1, Generator? dropout = null)
    {
        using var scope = NewDisposeScope();
        var blocks = new BlockContext(NoiseEmbedding.All(w, r, options.Unet, numbers), context, dropout);
        var projections = control?.Select(projection => projection?.to_type(w.Compute)).ToList();
        return unet.Forward(w, unet.Embed(w, x.to_type(w.Compute)), blocks, projections, frames).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}

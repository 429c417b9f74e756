using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>The five networks of one cascade, without parameters, and how they read clips [B, F, …].</summary>
internal sealed class CascadeNetworks
{
    private const int TextDepth = 1;
    private readonly CascadeOptions options;
    private readonly Vocabulary vocabulary;

    public CascadeNetworks(CascadeOptions options, Vocabulary vocabulary)
    {
        this.options = options;
        this.vocabulary = vocabulary;
        A = new StageA(options.StageA);
        Semantic = new SemanticEncoder(options.SemanticWidth, options.SemanticChannels);
        B = new StageB(options.StageB);
        C = new StageC(options.StageC);
        Text = new TextEncoder(TextLayout, "text", vocabulary.Size, options.TextLength, options.TextWidth, TextDepth, options.Heads);
    }

    public StageA A { get; }

    public SemanticEncoder Semantic { get; }

    public StageB B { get; }

    public StageC C { get; }

    public TextEncoder Text { get; }

    public ParameterLayout TextLayout { get; } = new();

    /// <summary>Every network's parameters by its name in checkpoints, in a fixed order.</summary>
    public IReadOnlyList<(string Name, ParameterLayout Layout)> Layouts =>
        [("stage_a", A.Layout), ("semantic", Semantic.Layout), ("stage_b", B.Layout), ("stage_c", C.Layout), ("text", TextLayout)];

    /// <summary>
    /// The diffusion of stages B and C: cosine schedule and variance-preserving scaler as in the original; v instead of the noise as target, since at t = 1 a
    /// small network's error in the noise would be multiplied by a hundred; adaptive weights as models.md recommends for tiny models.
    /// </summary>
    public static Gdf Diffusion(LossWeight weight) => new() { Target = DiffusionTarget.Velocity, Weight = weight };

    /// <summary>Stage B on clips [B, F, c, h, w] at noise levels [B] under semantic latents [B·F, c', h', w'].</summary>
    public Tensor Decoder(ParameterViews w, Tensor noised, Tensor level, Tensor semantics)
    {
        long batch = noised.shape[0], frames = noised.shape[1];
        // This cascade's stage B knows no text: it is trained before the text encoder.
        var pooled = zeros([batch * frames, 1], device: noised.device);
        return B.Forward(w, noised.flatten(0, 1), level.repeat_interleave(frames), semantics, pooled, frames: frames).view(noised.shape);
    }

    /// <summary>Stage C on semantic clips [B, F, c, h, w] at noise levels [B] under <see cref="Context"/>.</summary>
    public Tensor Prior(ParameterViews w, Tensor noised, Tensor level, Tensor context)
    {
        var frames = noised.shape[1];
        return C.Forward(w, noised.flatten(0, 1), level.repeat_interleave(frames), context.repeat_interleave(frames, 0), frames: frames).view(noised.shape);
    }

    /// <summary>A caption's ids, to see whether it was cut.</summary>
    public EncodedCaption Encode(string caption) => vocabulary.Encode(caption, options.TextLength);

    /// <summary>Captions to condition tokens [B, L, c_cond]; an empty caption is the null caption of guidance.</summary>
    public Tensor Context(ParameterViews text, ParameterViews prior, IReadOnlyList<string> captions, Device device)
    {
        var batch = TextBatch.From([.. captions.Select(caption => vocabulary.Encode(caption, options.TextLength))], device);
        var (tokens, pooled) = Text.Forward(text, batch);
        return C.Context(prior, tokens, pooled, zeros([captions.Count, 1], device: device));
    }
}

using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Stands between the network and its blocks in sampling: gets their input x [B, G, S, D], the modulated input of the first, like x, and the
/// blocks themselves, and gives their output or something in its place.
/// </summary>
internal delegate Tensor BlockPassage(Tensor x, Tensor indicator, Func<Tensor, Tensor> blocks);

/// <summary>
/// The MiniSora transformer (models.md §3 and §6.3): q×p×p patches of latents and, unless captions are a condition alone, text tokens
/// attend to each other in one sequence; positions from coordinates, rotary (between tokens) and added (of each); adaLN-Zero with a time per group of q latent frames; output zero at the start.
/// It predicts the velocity n − x and knows nothing of the objective.
/// Not a torch module: its parameters are views of one flat buffer (<see cref="ParameterLayout"/>), whose names are the
/// checkpoint's keys.
/// </summary>
internal sealed class MiniSoraBackbone : IDisposable
{
    private readonly BackboneOptions options;
    private readonly int channels;
    private readonly int cell;
    private readonly Dense xEmbedder;
    private readonly PositionEmbedding pEmbedder;
    private readonly TimeEmbedding tEmbedder;
    private readonly TextEncoder text;
    private readonly Dense? givenEmbedder;
    private readonly LocalLevel? local;
    private readonly Dense? contextEmbedder;
    private readonly Modulation modulation;
    private readonly List<JointBlock> blocks = [];
    private readonly Dense finalLayer;
    private readonly Dense skip;
    private readonly RotationCache rotations;

    public MiniSoraBackbone(BackboneOptions options, int latentChannels, int vocabularySize)
    {
        this.options = options;
        channels = latentChannels;
        var width = options.Width;
        var hidden = (int)Math.Round(width * options.MlpRatio);
        if (options.LocalWidth > 0)
            local = new LocalLevel(Layout, options, latentChannels);
        // Numbers of a cell that a token is made of.
        cell = local is null ? channels : options.LocalWidth;
        var token = (long)options.TemporalPatch * options.Patch * options.Patch * cell;
        xEmbedder = new Dense(Layout, "x_embedder", token, width, hidden: false);
        // One time cannot say which of a token's frames are clean.
        if (options.TemporalPatch > 1)
            givenEmbedder = new Dense(Layout, "given_embedder", options.TemporalPatch, width, hasBias: false, hidden: false);
        pEmbedder = new PositionEmbedding(Layout, "p_embedder", width);
        tEmbedder = new TimeEmbedding(Layout, "t_embedder", width);
        text = new TextEncoder(Layout, "text", vocabularySize, options.TextLength, width, options.TextDepth, options.Heads);
        if (options.TextUse == TextUse.Sequence)
            contextEmbedder = new Dense(Layout, "context_embedder", width, width);
        modulation = new Modulation(Layout, "modulation", width, options.Depth);
        for (var i = 0; i < options.Depth; i++)
            blocks.Add(new JointBlock(Layout, $"blocks.{i}", width, options.Heads, hidden));
        finalLayer = new Dense(Layout, "final_layer", width, token, Start.Zero, hidden: false);
        skip = new Dense(Layout, "skip", width, PatchLength, Start.Zero, hidden: false);
        rotations = new RotationCache(width / options.Heads, options.TemporalPatch);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; } = new();

    /// <summary>Numbers of one latent frame in a patch.</summary>
    public int PatchLength => channels * options.Patch * options.Patch;

    /// <summary>
    /// Trainable numbers of a network, without building tensors; <paramref name="vocabularySize"/> up to 4,096.
    /// </summary>
    public static long CountParameters(BackboneOptions options, int latentChannels, int vocabularySize) =>
        new MiniSoraBackbone(options, latentChannels, vocabularySize).Layout.ParameterCount;

    /// <summary>
    /// Latents [B, F, c, h, w] at <paramref name="times"/> to velocity of the same shape, float32; <paramref name="through"/> as in <see cref="ForwardPatches"/>.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor latents, FrameTimes times, TextBatch captions, BlockPassage? through = null)
    {
        long height = latents.shape[3], width = latents.shape[4];
        using var patches = Patches.Split(latents, options.Patch);
        using var velocity = ForwardPatches(w, patches, times, captions, (int)(height / options.Patch), (int)(width / options.Patch), through);
        return Patches.Join(velocity, options.Patch, channels, height, width);
    }

    /// <summary>
    /// Patches [B, F, S, P] of a grid of <paramref name="rows"/> × <paramref name="columns"/> = S to velocity patches of the
    /// same shape, float32. Intermediate tensors stay in the caller's scope when a gradient is wanted, else they are freed.
    /// <paramref name="through"/> may answer for the blocks; null: they run. With <paramref name="kept"/> tokens, which in training may be fewer than
    /// all, the result is [B, F, S', P].
    /// </summary>
    public Tensor ForwardPatches(
        ParameterViews w, Tensor patches, FrameTimes times, TextBatch captions, int rows, int columns, BlockPassage? through = null, TokenSubset? kept = null)
    {
        long batch = patches.shape[0], latentFrames = patches.shape[1], perFrame = patches.shape[2];
        var span = options.TemporalPatch;
        var frames = (latentFrames + span - 1) / span;  // groups of them
        if (patches.shape[3] != PatchLength || perFrame != rows * columns)
            throw new ArgumentException($"patches are [{string.Join(", ", patches.shape)}], expected [B, F, {rows * columns}, {PatchLength}]", nameof(patches));
        if (times.Batch != batch || times.Frames != latentFrames)
            throw new ArgumentException($"times are [{times.Batch}, {times.Frames}], latents [{batch}, {latentFrames}]", nameof(times));

        if (kept is not null && local is not null)
            throw new ArgumentException("blocks over cells need every token", nameof(kept));

        using var scope = NewDisposeScope();
        var device = patches.device;
        var given = givenEmbedder is null ? null : times.Given(span, device);
        var (textTokens, pooled) = text.Forward(w, captions);
        var context = contextEmbedder?.Forward(w, textTokens);
        var textGroups = context is null ? 0 : (int)((context.shape[1] + perFrame - 1) / perFrame);
        if (context is not null && textGroups * perFrame != context.shape[1])
            context = nn.functional.pad(context, [0, 0, 0, textGroups * perFrame - context.shape[1]]);

        var (cos, sin, places) = rotations.For(textGroups * (int)perFrame, (int)frames, rows, columns, device, w.Compute);
        var condition = tEmbedder.Forward(w, times.Values(device)).Plus(pooled); // [B, U, D]
        var input = patches.to_type(w.Compute);
        var selection = times.Selection(textGroups, device, w.Compute, span);
        var perFrameTime = span == 1 && textGroups == 0 ? selection : times.Selection(0, device, w.Compute);
        var cells = local?.Vectors(w, condition, perFrameTime);
        var neighbours = local?.Neighbours(input, rows, columns);
        var fine = local?.In(w, input, cells!, neighbours, rows, columns);
        var stacked = Stack(fine ?? input);
        var x = xEmbedder.Forward(w, stacked).Plus(pEmbedder.Forward(w, places).view(frames, perFrame, options.Width));
        if (given is not null)
            x = x.Plus(givenEmbedder!.Forward(w, given.to_type(w.Compute)).unsqueeze(2));
        // [B, textGroups + G, S, D]
        if (context is not null)
            x = cat([context.view(batch, textGroups, perFrame, options.Width), x], 1);
        var m = modulation.Forward(w, condition, selection);
        var groups = textGroups;
        Tensor Blocks(Tensor mixed)
        {
            for (var i = 0; i < blocks.Count; i++)
            {
                Tensor? index = null;
                if (i == kept?.MixerBlocks)
                {
                    index = kept.Flat(textGroups * (int)perFrame, (int)frames, (int)perFrame, device);
                    groups = textGroups * (int)perFrame / kept.Count;
                    (cos, sin) = (cos.index_select(0, index), sin.index_select(0, index));
                }

                var block = blocks[i];
                var vectors = m[(6 * i)..(6 * i + 6)];
                if (groups != textGroups)
                    vectors = Array.ConvertAll(vectors, vector => TokenSubset.Regroup(vector, textGroups, groups));
                if (index is null)
                {
                    mixed = w.Recomputed([mixed, cos, sin, .. vectors], t => block.Forward(w, t[0], t.AsSpan(3), (t[1], t[2])));
                    continue;
                }

                long[] grouped = [batch, groups + frames, kept!.Count, options.Width];
                mixed = w.Recomputed(
                    [mixed, cos, sin, .. vectors, index],
                    t => block.Forward(w, t[0].flatten(1, 2).index_select(1, t[9]).view(grouped), t.AsSpan(3, 6), (t[1], t[2])));
            }

            return mixed;
        }

        x = through is null ? Blocks(x) : through(x, Modulation.Apply(x, m[0], m[1]), Blocks);

        // Only the video tokens leave the network; their modulation rows follow the text's when there is a row per group.
        Tensor Video(Tensor tensor) => tensor.shape[1] == 1 ? tensor : tensor.narrow(1, textGroups, frames);
        var normed = Modulation.Apply(x.narrow(1, groups, frames), Video(m[^2]), Video(m[^1]));
        var output = Unstack(finalLayer.Forward(w, normed), latentFrames);
        if (local is not null)
            output = local.Out(w, output.Plus(fine!), cells!, neighbours, rows, columns);
        var direct = kept is null ? input : kept.Repeated(span, (int)latentFrames).Of(input);
        output = output.addcmul(Skip(w, condition, perFrameTime), direct, HeldScalar.One);
        return output.to_type(w.Compute == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>[B, F, S, P] to groups of q frames [B, ⌈F/q⌉, S, q·P], the last one filled up with its last frame.</summary>
    private Tensor Stack(Tensor patches)
    {
        var span = options.TemporalPatch;
        if (span == 1)
            return patches;
        var missing = (span - patches.shape[1] % span) % span;
        if (missing > 0)
            patches = cat([patches, patches.narrow(1, patches.shape[1] - 1, 1).expand(-1, missing, -1, -1)], 1);
        return patches.view(patches.shape[0], -1, span, patches.shape[2], patches.shape[3]).transpose(2, 3).flatten(3);
    }

    /// <summary>Undoes <see cref="Stack"/> for a clip of so many frames.</summary>
    private Tensor Unstack(Tensor groups, long frames)
    {
        var span = options.TemporalPatch;
        if (span == 1)
            return groups;
        var all = groups.view(groups.shape[0], groups.shape[1], groups.shape[2], span, groups.shape[3] / span).transpose(2, 3).flatten(1, 2);
        return all.shape[1] == frames ? all : all.narrow(1, 0, frames);
    }

    /// <summary>
    /// How much of each number of the input goes straight to the output, by time: at little noise nearly all of it, which a narrow stream of
    /// tokens would otherwise have to carry through every block beside all else. [B, F or 1, 1, P].
    /// </summary>
    private Tensor Skip(ParameterViews w, Tensor condition, Tensor? selection)
    {
        var rows = skip.Forward(w, nn.functional.silu(condition)); // [B, U, P]
        return (selection is null ? rows : selection.bmm(rows)).unsqueeze(2);
    }

    /// <summary>Frees the cached position tables.</summary>
    public void Dispose() => rotations.Dispose();
}

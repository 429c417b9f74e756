using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>
/// DiT or Latte with what it is told. The parameters' names are the published checkpoints'; a text encoder that is trained along has
/// <c>text.*</c>, and its tokens, flattened, take the place of Latte's CLIP embedding.
/// </summary>
internal sealed class DenoisingNetwork
{
    private readonly BackboneOptions model;
    private readonly DiT? dit;
    private readonly Latte? latte;
    private readonly TextEncoder? text;

    /// <param name="model">Kind and size.</param>
    /// <param name="learnsVariance">Whether the output has twice the channels.</param>
    /// <param name="conditioning">What it is told.</param>
    /// <param name="vocabulary">Ids of captions.</param>
    /// <param name="latents">[F, c, h, w] of a clip; h = w.</param>
    public DenoisingNetwork(BackboneOptions model, bool learnsVariance, Conditioning conditioning, int vocabulary, (int Frames, int Channels, int Size) latents)
    {
        this.model = model;
        Channels = latents.Channels;
        if (model.Network == NetworkKind.Dit)
        {
            dit = new DiT(new DiTOptions
            {
                InputSize = latents.Size,
                PatchSize = model.Patch,
                InChannels = latents.Channels,
                HiddenSize = model.Width,
                Depth = model.Depth,
                NumHeads = model.Heads,
                MlpRatio = model.MlpRatio,
                NumClasses = conditioning.Kind == ConditioningKind.Label ? conditioning.ClassCount : 0,
                LearnSigma = learnsVariance,
            });
            Layout = dit.Layout;
            return;
        }

        latte = new Latte(new LatteOptions
        {
            InputSize = latents.Size,
            PatchSize = model.Patch,
            InChannels = latents.Channels,
            HiddenSize = model.Width,
            Depth = model.Depth,
            NumHeads = model.Heads,
            MlpRatio = model.MlpRatio,
            NumFrames = latents.Frames,
            NumClasses = conditioning.ClassCount,
            LearnSigma = learnsVariance,
            Variant = model.Variant,
            TextWidth = model.TextLength * (conditioning.FrozenWidth ?? model.Width),
            Conditioning = conditioning.Kind switch
            {
                ConditioningKind.Label => LatteConditioning.Label,
                ConditioningKind.Text => LatteConditioning.Text,
                _ => LatteConditioning.None,
            },
        });
        Layout = latte.Layout;
        if (conditioning is { Kind: ConditioningKind.Text, FrozenWidth: null })
            text = new TextEncoder(Layout, "text", vocabulary, model.TextLength, model.Width, model.TextDepth, model.Heads);
    }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Tokens kept of a frame of <paramref name="edge"/> cells, and what that makes of a loss over all cells.</summary>
    public (TokenSubset Kept, Tensor Weight) Subset(TokenMasking masking, int edge)
    {
        var grid = edge / model.Patch;
        var random = masking.Random;
        var kept = TokenSubset.Draw(ref random, masking.MixerBlocks, 1, grid * grid, TokenSubset.CountFor(masking.Ratio, grid * grid));
        return (kept, kept.Weight(grid, grid, model.Patch));
    }

    /// <summary>Latent channels, without the variance's.</summary>
    public int Channels { get; }

    /// <summary>Conditions as the network takes them, a row each: labels int64 [N], flattened text [N, L·D], or null.</summary>
    public Tensor? Features(ParameterViews w, EncodedConditions conditions, Device device)
    {
        if (conditions.Labels is { } labels)
            return tensor(labels, device: device);
        if (conditions.Features is { } rows)
        {
            using var host = tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
            return host.to(device, copy: true);
        }

        if (conditions.Captions is not { } captions)
            return null;
        using var scope = NewDisposeScope();
        return text!.Forward(w, TextBatch.From(captions, device)).Tokens.view(captions.Length, -1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// x [B, F + I, c, h, w] at t [B] with features of B·(1 + I) rows to [B, F + I, c or 2c, h, w], float32; the last I =
    /// <paramref name="images"/> frames are images of their own. <paramref name="kept"/> and <paramref name="through"/> as in DiT and Latte.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, Tensor t, Tensor? features, int images, TokenSubset? kept = null, BlockPassage? through = null)
    {
        using var scope = NewDisposeScope();
        if (dit is not null)
            return dit.Forward(w, x.squeeze(1), t, features, kept, through).unsqueeze(1).MoveToOuterDisposeScope();
        if (features is null || images == 0)
            return latte!.Forward(w, x, t, features, images, kept: kept, through: through).MoveToOuterDisposeScope();
        var rows = features.reshape([x.shape[0], 1 + images, .. features.shape[1..]]);
        return latte!.Forward(w, x, t, rows.narrow(1, 0, 1).squeeze(1), images, rows.narrow(1, 1, images), kept).MoveToOuterDisposeScope();
    }
}

using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;

namespace MiniSora.Jobs.Specs;

/// <summary>
/// Counts of a training spec's network (models.md §6.1): MiniSora with adaLN per latent frame, since its time is per frame; DiT and Latte with
/// adaLN once per condition.
/// </summary>
internal sealed record NetworkCost
{
    private const int TimeFeatures = 256;

    /// <summary>Words of the moving shapes' captions in both languages; other sets have more, which only their embedding feels.</summary>
    private const int Vocabulary = 360;

    /// <summary>Classes of a set that is not open yet: as many as UCF-101 has.</summary>
    private const int UsualClasses = 101;

    /// <summary>Width of T5-XXL's features, the encoder that published models read.</summary>
    private const int UsualTextWidth = 4096;

    public NetworkCost(TrainingSpec spec)
    {
        var (model, geometry) = (spec.Model, CodecGeometry.Of(spec.Codec));
        var perSide = spec.Data.Size / geometry.Downsample / Math.Max(1, model.Patch);
        if (model.Network == NetworkKind.Cascade)
        {
            var cascade = new CascadeCost(spec);
            (LatentFrames, TimeGroups, Tokens, AttentionSpan) = (cascade.Frames, cascade.Frames, cascade.Tokens, cascade.Places);
            (MacsPerClip, MacsPerEvaluation, Parameters) = (cascade.MacsPerClip, cascade.MacsPerEvaluation, (long)cascade.Parameters);
            ActivationValues = cascade.ActivationValues;
            return;
        }

        LatentFrames = model.Network == NetworkKind.Dit ? 1 : Math.Max(1, spec.Data.Frames / geometry.FramesPerLatent);
        var patchVector = (double)geometry.Channels * model.Patch * model.Patch;
        if (model.Network == NetworkKind.MiniSora)
        {
            TimeGroups = (LatentFrames + model.TemporalPatch - 1) / Math.Max(1, model.TemporalPatch);
            TextTokens = model.TextUse == TextUse.Pooled ? 0 : model.TextLength;
            var cells = (double)LatentFrames * perSide * perSide * model.Patch * model.Patch;
            patchVector = (double)model.TemporalPatch * model.Patch * model.Patch * (model.LocalWidth > 0 ? model.LocalWidth : geometry.Channels);
            Tokens = TimeGroups * perSide * perSide + TextTokens;
            LocalValues = cells * LocalNumbers(model);
            AttentionSpan = Tokens;
            MacsPerEvaluation = MacsPerClip = MiniSoraMacs(spec, patchVector) + cells * model.LocalWeights(geometry.Channels);
            Parameters = (long)(MiniSoraWeights(spec, patchVector, geometry.Channels) + model.LocalWeights(geometry.Channels) + LocalModulation(model));
            return;
        }

        TimeGroups = LatentFrames;
        var images = model.Network == NetworkKind.Latte ? model.ImageFrames : 0;
        var learned = spec.Objective is { Kind: ObjectiveKind.Diffusion, Variance: VarianceKind.Learned or VarianceKind.LearnedRange };
        Tokens = (LatentFrames + images) * perSide * perSide;
        AttentionSpan = perSide * perSide;
        MacsPerEvaluation = MacsPerClip = DenoiserMacs(spec, patchVector, learned ? 2 : 1, images);
        Parameters = (long)DenoiserWeights(spec, patchVector, learned ? 2 : 1);
    }

    /// <summary>Latent frames F.</summary>
    public int LatentFrames { get; }

    /// <summary>Groups of latent frames that are one token of MiniSora each at a place; elsewhere <see cref="LatentFrames"/>.</summary>
    public int TimeGroups { get; }

    /// <summary>Tokens of text in the sequence.</summary>
    public int TextTokens { get; }

    /// <summary>Tokens per clip, video and text.</summary>
    public int Tokens { get; }

    /// <summary>Forward multiply-accumulates per clip.</summary>
    public double MacsPerClip { get; }

    /// <summary>The same for one evaluation in sampling.</summary>
    public double MacsPerEvaluation { get; }

    /// <summary>Weights.</summary>
    public long Parameters { get; }

    /// <summary>Tokens that one attends to at most.</summary>
    public int AttentionSpan { get; }

    /// <summary>Numbers that a clip keeps for the backward pass, where they are not counted by blocks: of a cascade; else 0.</summary>
    public double ActivationValues { get; }

    /// <summary>Numbers that a clip keeps for the backward pass in MiniSora's blocks over cells; else 0.</summary>
    public double LocalValues { get; }

    /// <summary>Share of the tokens that go on after the first blocks of a masked step, text included; 1 when none are dropped.</summary>
    public double KeptShare(TrainingSpec spec)
    {
        if (spec.Model.Network == NetworkKind.Cascade || spec.Training.MaskRatio <= 0 || spec.Training.UnmaskedShare >= 1)
            return 1;
        return (TextTokens + (Tokens - TextTokens) * (1 - spec.Training.MaskRatio)) / Tokens;
    }

    /// <summary>Modulation vectors of a block as numbers per token: MiniSora has them for every group of tokens, and keeps the projection's output beside them.</summary>
    public double ModulationValues(BackboneOptions model) =>
        model.Network == NetworkKind.MiniSora ? 2.0 * 6 * model.Width * TimeGroups / Tokens : 0;

    private static double LocalModulation(BackboneOptions model) => Dense(model.Width, (4.0 * model.LocalDepth + 2) * model.LocalWidth);

    /// <summary>A cell's numbers in those blocks: normed and modulated, with its neighbours, both sides of the activation, the sum.</summary>
    private static double LocalNumbers(BackboneOptions model) => 2.0 * model.LocalDepth * (BackboneOptions.LocalCells + 5) * model.LocalWidth;

    private static double Dense(double inputs, double outputs) => (inputs + 1) * outputs;

    private static double Attention(double width) => Dense(width, 3 * width) + Dense(width, width);

    private static double FeedForward(BackboneOptions model) => Dense(model.Width, Math.Floor(model.Width * model.MlpRatio)) + Dense(Math.Floor(model.Width * model.MlpRatio), model.Width);

    private static double Time(double width) => Dense(TimeFeatures, width) + Dense(width, width);

    /// <summary>The text encoder; the size of the vocabulary is known only when the captions are read.</summary>
    private static double Text(BackboneOptions model)
    {
        double width = model.Width;
        var block = Attention(width) + FeedForward(model) + 2 * width / Math.Max(1, model.Heads);
        return (Vocabulary + model.TextLength) * width + model.TextDepth * (block + 4 * width) + Dense(width, width);
    }

    private static bool HasTwinBlocks(BackboneOptions model) =>
        model is { Network: NetworkKind.Latte, Variant: LatteVariant.SequentialAttention or LatteVariant.ParallelAttention };

    /// <summary>Matrices and biases, layer by layer.</summary>
    private static double MiniSoraWeights(TrainingSpec spec, double patchVector, int channels)
    {
        var model = spec.Model;
        double width = model.Width;
        var block = Attention(width) + FeedForward(model) + 2 * width / Math.Max(1, model.Heads);
        var context = model.TextUse == TextUse.Pooled ? 0 : Dense(width, width);
        var given = model.TemporalPatch > 1 ? model.TemporalPatch * width : 0;
        return Dense(patchVector, width) + given + Time(width) + Text(model) + context + Dense(width, (6 * model.Depth + 2) * width) + model.Depth * block
            + Dense(width, patchVector) + Dense(width, (double)channels * model.Patch * model.Patch);
    }

    private static double DenoiserWeights(TrainingSpec spec, double patchVector, int outputs)
    {
        var model = spec.Model;
        double width = model.Width;
        var block = Attention(width) + FeedForward(model) + Dense(width, 6 * width);
        if (HasTwinBlocks(model))
            block += Attention(width) + (model.Variant == LatteVariant.ParallelAttention ? 3 * width : 0);
        var condition = model.Conditioning switch
        {
            ConditioningKind.Label => (Classes(spec.Data.Dataset) + 1) * width,
            ConditioningKind.Text when model.TextEncoder == TextEncoderKind.T5 => Dense((double)model.TextLength * UsualTextWidth, width),
            ConditioningKind.Text => Text(model) + Dense(model.TextLength * width, width),
            _ => 0,
        };
        return Dense(patchVector, width) + Time(width) + condition + model.Depth * block + Dense(width, 2 * width) + Dense(width, outputs * patchVector);
    }

    private static int Classes(string dataset) => dataset == DatasetCatalog.Shapes ? MovingShapes.ClassNames.Count : UsualClasses;

    private double MiniSoraMacs(TrainingSpec spec, double patchVector)
    {
        var model = spec.Model;
        double width = model.Width, depth = model.Depth;
        var linear = (4 + 2 * model.MlpRatio) * width * width;
        return Tokens * linear * depth
            + 2.0 * Tokens * Tokens * width * depth
            + TimeGroups * 6 * width * width * depth
            + 2.0 * Tokens * patchVector * width
            + model.TextLength * linear * model.TextDepth;
    }

    private double DenoiserMacs(TrainingSpec spec, double patchVector, int outputs, int images)
    {
        var model = spec.Model;
        double width = model.Width, places = AttentionSpan, clip = LatentFrames * places;
        var (attention, linear) = (4 * width * width, (4 + 2 * model.MlpRatio) * width * width);
        var space = Tokens * (linear + 2 * places * width);
        var time = clip * (linear + 2.0 * LatentFrames * width);
        var blocks = model switch
        {
            { Network: NetworkKind.Dit } => model.Depth * space,
            _ when HasTwinBlocks(model) => model.Depth * (space + clip * (attention + 2.0 * LatentFrames * width)),
            _ => model.Depth / 2.0 * (space + time),
        };
        var text = model.Conditioning == ConditioningKind.Text ? model.TextLength * (linear * model.TextDepth + width * width) : 0;
        return blocks + (1 + images) * 6 * width * width * model.Depth + Tokens * patchVector * (1 + outputs) * width + text;
    }
}

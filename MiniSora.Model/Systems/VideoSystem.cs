using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Text;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Systems;

/// <summary>Builds the system that a recipe or a checkpoint describes.</summary>
internal static class VideoSystem
{
    /// <param name="model">Network.</param>
    /// <param name="objective">What it is trained on.</param>
    /// <param name="latents">A clip's latent frames, channels, and edge in cells.</param>
    /// <param name="vocabulary">Of the captions; empty where there are none.</param>
    /// <param name="classes">Of the dataset; empty where there are none.</param>
    /// <param name="frozen">From <see cref="OpenText"/>; the system owns it.</param>
    public static IVideoSystem Of(
        BackboneOptions model, ObjectiveOptions objective, (int Frames, int Channels, int Size) latents, Vocabulary vocabulary, IReadOnlyList<Caption> classes, FrozenText? frozen = null)
    {
        if (model.Network == NetworkKind.MiniSora)
            return new MiniSoraSystem(model, objective, latents.Channels, vocabulary);
        IDenoisingObjective denoising = objective.Kind == ObjectiveKind.Interpolant ? new InterpolantObjective(objective) : new DiffusionObjective(objective);
        var conditioning = new Conditioning(model.Conditioning, new PromptEncoder(vocabulary, model.TextLength), new ClassNames(classes), frozen);
        var network = new DenoisingNetwork(model, denoising.LearnsVariance, conditioning, vocabulary.Size, latents);
        return new DenoisingSystem(model.Network, network, denoising, conditioning, frozen);
    }

    /// <summary>Whether a network reads captions, so that it needs their vocabulary.</summary>
    public static bool ReadsCaptions(BackboneOptions model) =>
        model.Network == NetworkKind.MiniSora || model is { Conditioning: ConditioningKind.Text, TextEncoder: TextEncoderKind.Own };

    /// <summary>The frozen text encoder that a network reads; null for none. Throws <see cref="PretrainedException"/> when it is not there.</summary>
    public static FrozenText? OpenText(BackboneOptions model, WeightsPlace weights, Placement placement) =>
        model is { Network: NetworkKind.Latte, Conditioning: ConditioningKind.Text, TextEncoder: TextEncoderKind.T5 }
            ? new FrozenText(weights.Require(model.TextWeights), weights.Features, model.TextLength, placement)
            : null;

    /// <summary>Whether a network is told classes.</summary>
    public static bool ReadsClasses(BackboneOptions model) => model.Network != NetworkKind.MiniSora && model.Conditioning == ConditioningKind.Label;
}

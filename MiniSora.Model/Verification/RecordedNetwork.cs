using System.Text.Json;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>A DiT or Latte of a file's configuration, as samplers and losses see it.</summary>
internal sealed class RecordedNetwork
{
    private readonly DiT? image;
    private readonly Latte? clip;

    /// <summary>From the constructor arguments <paramref name="model"/>: a Latte if they say frames. Without a label table if the file has none.</summary>
    public RecordedNetwork(Fixture fixture, JsonElement model)
    {
        if (model.Value("num_frames") is not null)
        {
            var options = NetworkConfig.Latte(model);
            clip = new Latte(options);
            (Layout, Labels, Channels, LearnsVariance) = (clip.Layout, clip.Labels, options.InChannels, options.LearnSigma);
        }
        else
        {
            var options = NetworkConfig.DiT(model, fixture.Has("y_embedder.embedding_table.weight"));
            image = new DiT(options);
            (Layout, Labels, Channels, LearnsVariance) = (image.Layout, image.Labels, options.InChannels, options.LearnSigma);
        }
    }

    /// <summary>Channels of the latents.</summary>
    public int Channels { get; }

    /// <summary>Whether its output has the channels of a variance.</summary>
    public bool LearnsVariance { get; }

    /// <summary>Its parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Its labels, if it has any.</summary>
    public LabelTable? Labels { get; }

    /// <summary>The network with these labels; null if it has none.</summary>
    public Predict With(ParameterViews w, Tensor? y) => (x, t) =>
        clip is not null ? clip.Forward(w, x, t, Labels is null ? null : y) : image!.Forward(w, x, t, Labels is null ? null : y);

    /// <summary>Guided, on the channels that the original guides; labels of both halves.</summary>
    public Predict Guided(ParameterViews w, Tensor? y, double scale) => (x, t) => clip is not null
        ? clip.ForwardWithGuidance(w, x, t, Labels is null ? null : y, scale, GuideChannels.First4)
        : image!.ForwardWithGuidance(w, x, t, y!, scale, GuideChannels.First3);
}

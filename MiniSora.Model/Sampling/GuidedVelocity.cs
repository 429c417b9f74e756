using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>
/// Classifier-free guidance u + w (c − u) inside its interval of t (Kynkäänniemi et al. 2024), with prompt and null caption in one
/// forward pass. Given frames have time 0 and velocity exactly 0, so that they come out bit-identical. With a second prompt every frame follows the
/// mixture of both that its weight says (models.md §3, row 13).
/// </summary>
internal sealed class GuidedVelocity
{
    private readonly MiniSoraBackbone network;
    private readonly ParameterViews weights;
    private readonly Prediction prediction;
    private readonly SamplerOptions options;
    private readonly bool[] given;
    private readonly TextBatch prompt;
    private readonly TextBatch both;
    private readonly Tensor? generated;
    private readonly bool promptIsNull;
    private readonly Tensor? share;

    /// <param name="network">Network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="prediction">What it predicts.</param>
    /// <param name="options">Guidance and its interval.</param>
    /// <param name="given">Which latent frames are given, F of them.</param>
    /// <param name="prompt">Prompt.</param>
    /// <param name="nothing">The null caption.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="second">A second prompt and its weight in every latent frame; null: one prompt.</param>
    public GuidedVelocity(
        MiniSoraBackbone network, ParameterViews weights, Prediction prediction, SamplerOptions options, bool[] given, EncodedCaption prompt, EncodedCaption nothing, Device device,
        (EncodedCaption Prompt, float[] Weights)? second = null)
    {
        this.network = network;
        this.weights = weights;
        this.prediction = prediction;
        this.options = options;
        this.given = given;
        EncodedCaption[] prompts = second is { } other ? [prompt, other.Prompt] : [prompt];
        this.prompt = TextBatch.From(prompts, device);
        both = TextBatch.From([.. prompts, nothing], device);
        promptIsNull = prompts.All(caption => caption.Tokens.SequenceEqual(nothing.Tokens));
        if (second is { Weights: var shares })
            share = tensor(shares, [1, shares.Length, 1, 1, 1], device: device);
        if (given.Contains(true))
            generated = tensor([.. given.Select(g => !g)], [1, given.Length, 1, 1, 1], device: device);
    }

    /// <summary>What stands between the network and its blocks, for example a <see cref="StepCache"/>; null: nothing.</summary>
    public BlockPassage? Through { get; init; }

    /// <summary>Velocity of x [1, F, c, h, w] at time t, float32.</summary>
    public Tensor At(Tensor x, double t)
    {
        using var scope = NewDisposeScope();
        var guided = options.Guidance != 1 && !promptIsNull && t >= options.GuidanceLow && t <= options.GuidanceHigh;
        // Guidance is linear, so guiding the data guides the velocity.
        var predicted = guided ? Guided(x, t) : Mixed(Predict(x, t, prompt));
        var velocity = prediction == Prediction.Data ? RectifiedFlow.VelocityFromData(x, predicted, t) : predicted;
        if (generated is not null)
            velocity = where(generated, velocity, zeros_like(velocity));
        return velocity.MoveToOuterDisposeScope();
    }

    private Tensor Guided(Tensor x, double t)
    {
        var predicted = Predict(x, t, both);
        var prompts = predicted.shape[0] - 1;
        var unconditional = predicted.narrow(0, prompts, 1);
        return unconditional.Plus(Mixed(predicted.narrow(0, 0, prompts)).Minus(unconditional).mul(HeldScalar.Of(options.Guidance)));
    }

    private Tensor Predict(Tensor x, double t, TextBatch captions)
    {
        var rows = (int)captions.Tokens.shape[0];
        return network.Forward(weights, rows == 1 ? x : x.expand(rows, -1, -1, -1, -1).contiguous(), Times(rows, t), captions, Through);
    }

    /// <summary>One prediction of those under each prompt [1 or 2, F, c, h, w].</summary>
    private Tensor Mixed(Tensor predicted) =>
        share is null ? predicted : predicted.narrow(0, 0, 1).lerp(predicted.narrow(0, 1, 1), share.expand_as(predicted.narrow(0, 0, 1)));

    private FrameTimes Times(int batch, double t)
    {
        var times = new float[batch, given.Length];
        for (var b = 0; b < batch; b++)
            for (var f = 0; f < given.Length; f++)
                times[b, f] = given[f] ? 0 : (float)t;
        return FrameTimes.From(times);
    }
}

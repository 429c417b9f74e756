using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>
/// Classifier-free guidance u + w (c − u) inside its interval of t (Kynkäänniemi et al. 2024), with prompt and null caption in one
/// forward pass. Given frames have time 0 and velocity exactly 0, so that they come out bit-identical.
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

    public GuidedVelocity(MiniSoraBackbone network, ParameterViews weights, Prediction prediction, SamplerOptions options, bool[] given, EncodedCaption prompt, EncodedCaption nothing, Device device)
    {
        this.network = network;
        this.weights = weights;
        this.prediction = prediction;
        this.options = options;
        this.given = given;
        this.prompt = TextBatch.From([prompt], device);
        both = TextBatch.From([prompt, nothing], device);
        promptIsNull = prompt.Tokens.SequenceEqual(nothing.Tokens);
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
        var predicted = guided ? Guided(x, t) : network.Forward(weights, x, Times(1, t), prompt, Through);
        var velocity = prediction == Prediction.Data ? RectifiedFlow.VelocityFromData(x, predicted, t) : predicted;
        if (generated is not null)
            velocity = where(generated, velocity, zeros_like(velocity));
        return velocity.MoveToOuterDisposeScope();
    }

    private Tensor Guided(Tensor x, double t)
    {
        var predicted = network.Forward(weights, x.expand(2, -1, -1, -1, -1).contiguous(), Times(2, t), both, Through);
        var unconditional = predicted.narrow(0, 1, 1);
        return unconditional.Plus(predicted.narrow(0, 0, 1).Minus(unconditional).mul(HeldScalar.Of(options.Guidance)));
    }

    private FrameTimes Times(int batch, double t)
    {
        var times = new float[batch, given.Length];
        for (var b = 0; b < batch; b++)
            for (var f = 0; f < given.Length; f++)
                times[b, f] = given[f] ? 0 : (float)t;
        return FrameTimes.From(times);
    }
}

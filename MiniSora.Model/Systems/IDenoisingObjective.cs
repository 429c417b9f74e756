using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>What DiT and Latte can be trained on: one noise level per lane, and a way from noise to data.</summary>
internal interface IDenoisingObjective : IDisposable
{
    /// <summary>Whether the network's output has twice the channels of its input.</summary>
    bool LearnsVariance { get; }

    /// <summary>Times [B] on the CPU of uniform numbers in [0, 1).</summary>
    Tensor Times(float[] uniform);

    /// <summary>
    /// Loss per lane, [B], of data [B, F, c, h, w]. <paramref name="cellWeight"/>: what cells count, broadcastable to the data; null: alike.
    /// </summary>
    Tensor Loss(Predict predict, Tensor data, Tensor noise, Tensor t, Tensor? cellWeight = null);

    /// <summary>As in <see cref="IVideoSystem"/>.</summary>
    IReadOnlyList<double> StepState => [];

    /// <summary>As in <see cref="IVideoSystem"/>.</summary>
    void RestoreStepState(IReadOnlyList<double> numbers)
    {
    }

    /// <summary>As in <see cref="IVideoSystem"/>.</summary>
    void EndStep(bool good)
    {
    }

    /// <summary>How noisy the times that a network is told are, from 0 to 1.</summary>
    double NoiseLevel(double time);

    /// <summary>Evaluations that sampling makes; an estimate where the solver chooses its steps.</summary>
    int Evaluations(SamplerOptions options);

    /// <summary>Data from noise; the caller owns it and keeps <paramref name="start"/>. <paramref name="watch"/> is told of every step.</summary>
    Tensor Sample(Predict predict, Tensor start, NoiseDraw draw, SamplerOptions options, StepWatch? watch = null);
}

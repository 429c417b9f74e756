using System.Globalization;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>The improved DDPM process (models.md §1.0.9): 1,000 steps, their times drawn evenly, sampling in as many as wanted.</summary>
internal sealed class DiffusionObjective : IDenoisingObjective
{
    private const int TrainingSteps = 1000;
    private readonly ObjectiveOptions objective;
    private readonly DiffusionOptions options;
    private readonly GaussianDiffusion diffusion;
    private readonly DiffusionLoss loss;

    public DiffusionObjective(ObjectiveOptions objective)
    {
        this.objective = objective;
        options = new DiffusionOptions
        {
            Mean = objective.Prediction switch
            {
                Prediction.Noise => MeanKind.Noise,
                Prediction.Data => MeanKind.Data,
                Prediction.Velocity => MeanKind.Velocity,
                _ => throw new ArgumentException($"diffusion does not predict {objective.Prediction}", nameof(objective)),
            },
            Variance = objective.Variance,
            Weighting = objective.Weighting,
            ChannelAxis = 2,
        };
        diffusion = new GaussianDiffusion(DiffusionProcess.Of(objective.NoiseSchedule, TrainingSteps), options);
        loss = new DiffusionLoss(diffusion);
    }

    /// <inheritdoc/>
    public bool LearnsVariance => options.LearnsVariance;

    /// <inheritdoc/>
    public Tensor Times(float[] uniform) => tensor(Array.ConvertAll(uniform, u => Math.Min(TrainingSteps - 1, (long)(u * TrainingSteps))));

    /// <inheritdoc/>
    public Tensor Loss(Predict predict, Tensor data, Tensor noise, Tensor t) => loss.Training(predict, data, t, noise).Total;

    /// <inheritdoc/>
    public double NoiseLevel(double time) => time / (TrainingSteps - 1);

    /// <inheritdoc/>
    public int Evaluations(SamplerOptions options) => options.Steps;

    /// <inheritdoc/>
    public Tensor Sample(Predict predict, Tensor start, NoiseDraw draw, SamplerOptions sampler)
    {
        var process = DiffusionProcess.Of(objective.NoiseSchedule, TrainingSteps, sampler.Steps.ToString(CultureInfo.InvariantCulture));
        using var spaced = new GaussianDiffusion(process, options);
        var kind = SolverChoice.Of(sampler.Solver, ObjectiveKind.Diffusion) == SolverKind.Ddim ? ReverseKind.Ddim : ReverseKind.Ddpm;
        return new DiffusionSampler(spaced, new ReverseOptions(kind, new Denoising(false), sampler.Eta)).Run(predict, start, draw);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loss.Dispose();
        diffusion.Dispose();
    }
}

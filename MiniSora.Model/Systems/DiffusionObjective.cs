using System.Globalization;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
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
        var solver = SolverChoice.Of(sampler.Solver, ObjectiveKind.Diffusion);
        if (solver is SolverKind.Dpmpp2m or SolverKind.Unipc)
            return Multistep(solver == SolverKind.Unipc ? DiscreteSolverKind.UniPc : DiscreteSolverKind.DpmPlusPlus2M, predict, start, draw, sampler.Steps);
        var process = DiffusionProcess.Of(objective.NoiseSchedule, TrainingSteps, sampler.Steps.ToString(CultureInfo.InvariantCulture));
        using var spaced = new GaussianDiffusion(process, options);
        var kind = solver == SolverKind.Ddim ? ReverseKind.Ddim : ReverseKind.Ddpm;
        return new DiffusionSampler(spaced, new ReverseOptions(kind, new Denoising(false), sampler.Eta)).Run(predict, start, draw);
    }

    /// <summary>Solvers that work on the mean alone and keep what the network said before.</summary>
    private Tensor Multistep(DiscreteSolverKind kind, Predict predict, Tensor start, NoiseDraw draw, int steps)
    {
        var schedule = new Solvers.Discrete.NoiseSchedule(new NoiseScheduleOptions { TrainedBetas = diffusion.Process.Betas });
        var output = options.Mean switch
        {
            MeanKind.Data => NetworkOutput.Sample,
            MeanKind.Velocity => NetworkOutput.Velocity,
            _ => NetworkOutput.Epsilon,
        };
        using var solver = SolverCatalog.Create(kind, schedule, output, steps);
        Tensor Network(Tensor x, double time)
        {
            using var value = ((long)time).ToScalar();
            using var t = full([x.shape[0]], value, ScalarType.Int64, x.device);
            return diffusion.Split(predict(x, t), x).Mean;
        }

        return DiscreteTrajectory.Run(solver, start, Network, new DrawnNoise(draw));
    }

    private sealed class DrawnNoise(NoiseDraw draw) : INoiseSource
    {
        public Tensor Draw(int step, Tensor like) => draw(like);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loss.Dispose();
        diffusion.Dispose();
    }
}

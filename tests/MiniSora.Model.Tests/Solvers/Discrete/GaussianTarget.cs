using MiniSora.Model.Solvers;
using MiniSora.Model.Solvers.Discrete;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Solvers.Discrete;

/// <summary>Data ~ N(m, s²), for which the best prediction, the ODE's solution and the result's moments are known.</summary>
internal sealed record GaussianTarget(double Mean = 0.7, double Deviation = 0.4)
{
    /// <summary>The best prediction of <paramref name="output"/> at state x = α x₀ + σ n.</summary>
    public Tensor Predict(NetworkOutput output, NoiseLevel level, Tensor x)
    {
        var variance = Variance(level);
        var centred = x - level.Alpha * Mean;
        var noise = centred * (level.Sigma / variance);
        var data = Mean + centred * (level.Alpha * Deviation * Deviation / variance);
        return output switch
        {
            NetworkOutput.Epsilon => noise,
            NetworkOutput.Sample => data,
            NetworkOutput.Velocity => level.Alpha * noise - level.Sigma * data,
            _ => noise - data,
        };
    }

    /// <summary>Where the probability-flow ODE takes x.</summary>
    public double Solution(double x, NoiseLevel from, NoiseLevel to) =>
        to.Alpha * Mean + (x - from.Alpha * Mean) * Math.Sqrt(Variance(to) / Variance(from));

    private double Variance(NoiseLevel level) => level.Alpha * level.Alpha * Deviation * Deviation + level.Sigma * level.Sigma;

    /// <summary>Level that a solver's network sees at evaluation i.</summary>
    public static NoiseLevel LevelAt(IDiscreteSolver solver, NoiseSchedule schedule, bool straight, int i) =>
        solver.Sigmas is { } sigmas
            ? straight ? NoiseLevel.Straight(sigmas[i]) : NoiseLevel.FromRatio(sigmas[i])
            : schedule.At((int)solver.Times[i]);
}

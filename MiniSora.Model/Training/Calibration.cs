using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Chooses the compute type by trying both on real batches of the run.</summary>
internal static class Calibration
{
    private const int Repetitions = 3;

    /// <summary>bf16 must save so much to be worth its coarser numbers.</summary>
    private const double WorthIt = 0.9;

    /// <summary>The faster type for this network here.</summary>
    public static ScalarType Choose(Replicas replicas, Tensor parameters, TrainingBatch batch)
    {
        var single = Seconds(replicas, parameters, ScalarType.Float32, batch);
        var brain = Seconds(replicas, parameters, ScalarType.BFloat16, batch);
        return brain < single * WorthIt ? ScalarType.BFloat16 : ScalarType.Float32;
    }

    /// <summary>Shortest of a few runs after one to warm up: others' work can only make a run longer.</summary>
    private static double Seconds(Replicas replicas, Tensor parameters, ScalarType type, TrainingBatch batch)
    {
        var shortest = double.PositiveInfinity;
        for (var i = 0; i <= Repetitions; i++)
        {
            var watch = Stopwatch.StartNew();
            replicas.Run(parameters, type, batch).Gradient.Dispose();
            if (i > 0)
                shortest = Math.Min(shortest, watch.Elapsed.TotalSeconds);
        }

        return shortest;
    }
}

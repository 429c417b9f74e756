using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using MiniSora.Model.Systems;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// The training loss on fixed clips with fixed noise at ten fixed noise levels. The loss of a training step jumps with the levels it
/// happened to draw; these ten curves only move when the network does. Comparable between runs of one objective and codec.
/// </summary>
public sealed class ValidationLoss : IDisposable
{
    private readonly IVideoSystem system;
    private readonly List<TrainingBatch> batches;

    private ValidationLoss(IVideoSystem system, List<TrainingBatch> batches) => (this.system, this.batches) = (system, batches);

    /// <summary>Share of noise in the middle of each of the ten bins, little noise first.</summary>
    public static IReadOnlyList<double> Levels { get; } = [.. Enumerable.Range(0, 10).Select(bin => (bin + 0.5) / 10)];

    /// <summary>
    /// The clips to validate on: of the moving shapes places that training never shows, the same for every run; of other sets, which
    /// have no part that is kept back, clips of the set itself, evenly spread.
    /// </summary>
    public static IVideoDataset ClipsOf(IVideoDataset dataset) =>
        dataset is MovingShapes ? new MovingShapes(dataset.Frames, dataset.Height, MovingShapesReference.Seed, MovingShapes.DevelopmentSplit) : dataset;

    /// <summary>Reads, encodes and noises the clips once. System and codec stay the caller's.</summary>
    internal static ValidationLoss Of(TrainerSetup setup, IVideoCodec codec, IVideoSystem system, int clips)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clips);
        var own = setup with { Dataset = ClipsOf(setup.Dataset) };
        var builder = new BatchBuilder(own, codec, system);
        var count = (int)Math.Min(clips, own.Dataset.Count);
        var batches = new List<TrainingBatch>();
        try
        {
            for (var bin = 0; bin < Levels.Count; bin++)
                batches.Add(builder.Build(Plan(own, builder.LatentFrames, system.ImagesOnly, bin, count)));
        }
        catch
        {
            batches.ForEach(batch => batch.Dispose());
            throw;
        }

        return new(system, batches);
    }

    /// <summary>Loss at each level for flat weights, in arithmetic of <paramref name="compute"/>; beside training it changes nothing.</summary>
    internal IReadOnlyList<double> At(Tensor flat, ScalarType compute)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return At(new ParameterViews(system.Layout, flat.detach(), compute));
    }

    /// <summary>Loss at each level for weights that are split already.</summary>
    internal IReadOnlyList<double> At(ParameterViews weights)
    {
        using var _ = no_grad();
        var losses = new double[batches.Count];
        for (var i = 0; i < losses.Length; i++)
        {
            using var scope = NewDisposeScope();
            // One clip at a time, as samplers do: the network's temporary memory must not exceed a training step's.
            var parts = batches[i].Split(batches[i].Lanes);
            try
            {
                losses[i] = parts.Sum(part => system.Loss(weights, part).to_type(ScalarType.Float64).item<double>());
            }
            finally
            {
                if (parts.Count > 1) parts.ForEach(part => part.Dispose());
            }
        }

        return losses;
    }

    /// <inheritdoc/>
    public void Dispose() => batches.ForEach(batch => batch.Dispose());

    private static BatchPlan Plan(TrainerSetup setup, int latentFrames, bool images, int bin, int clips)
    {
        var level = Levels[bin];
        var length = images ? 1 : latentFrames;
        var lanes = Enumerable.Range(0, clips).Select(lane => new LanePlan(
            lane * setup.Dataset.Count / clips,
            SplitMix64.For(MovingShapesReference.Seed, SeedLanes.Validation, (ulong)lane),
            FrameMask.None, new bool[length], (float)level, Chinese: lane % 2 == 1, DropCaption: false, ImageFrame: setup.Dataset.Frames / 2)
        {
            // An interpolant counts from noise to data.
            Uniform = (float)(setup.Objective.Kind == ObjectiveKind.Interpolant ? 1 - level : level),
        });
        return new BatchPlan(bin + 1, images, [.. lanes], SplitMix64.For(MovingShapesReference.Seed, SeedLanes.Validation, 1UL << 32, (ulong)bin).Next() >> 1);
    }
}

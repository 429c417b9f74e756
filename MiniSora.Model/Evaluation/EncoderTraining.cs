using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Trains the small video encoder on moving shapes. All 1,440 combinations are shown: an evaluator that never saw a pair of colour
/// and shape would take every such clip for another. Reproducible: data are a function of the seed, and a batch is always dealt to two threads with arithmetic
/// of one, whatever the machine has, so that machines with the same processor instructions make the same file.
/// </summary>
public sealed class EncoderTraining : IDisposable
{
    private const int EvaluatorSplit = 9;
    private const int Lanes = 2;

    private readonly ulong seed;
    private readonly int batch;
    private readonly EncoderSystem system;
    private readonly EncoderSize size;
    private readonly Replicas replicas;
    private readonly TrainingOptions options;
    private readonly TrainingState state;

    /// <summary>A fresh network on the processor.</summary>
    /// <param name="size">Its size.</param>
    /// <param name="seed">Of everything.</param>
    /// <param name="batch">Clips a step.</param>
    /// <param name="steps">Steps in all: the learning rate falls to zero over them as a cosine.</param>
    /// <param name="learningRate">Its peak.</param>
    public EncoderTraining(EncoderSize size, ulong seed, int batch, int steps, double learningRate)
    {
        TorchRuntime.EnsureLoaded();
        (this.size, this.seed, this.batch) = (size, seed, batch);
        system = new EncoderSystem(new VideoEncoder(size));
        options = new TrainingOptions
        {
            Steps = steps,
            Batch = batch,
            LearningRate = learningRate,
            FinalLearningRate = 0,
            WarmupSteps = Math.Min(100, Math.Max(1, steps / 10)),
            Optimizer = OptimizerKind.Adamw,
            WeightDecay = 0.05,
            EmaWidths = [],
            EmaDecay = 0,
        };
        state = new TrainingState(system.Layout, options, seed, CPU);
        replicas = new Replicas(system, Lanes);
    }

    /// <summary>Trainable numbers.</summary>
    public long ParameterCount => system.Layout.ParameterCount;

    /// <summary>One optimizer step, numbered from 1; the mean cross-entropy of the four attributes.</summary>
    public double Step(long step)
    {
        using var scope = NewDisposeScope();
        using var clips = Clips(step);
        var (loss, norm, gradient) = replicas.Run(state.Parameters, ScalarType.Float32, clips);
        GradientClip.Apply(gradient, norm, 1);
        state.Update(gradient, LearningRate.At(options, step));
        return loss;
    }

    /// <summary>Shares of fresh clips whose shape, colour, size and motion are told right.</summary>
    public IReadOnlyList<double> Accuracy(int clips)
    {
        using var _ = no_grad();
        var right = new int[4];
        for (var done = 0; done < clips; done += batch)
        {
            using var scope = NewDisposeScope();
            using var some = (EncoderBatch)Clips(-1 - done);
            var weights = new ParameterViews(system.Layout, state.Parameters.detach(), ScalarType.Float32);
            var scores = system.Encoder.Attributes(weights, system.Encoder.Features(weights, some.Clips));
            for (var head = 0; head < 4; head++)
                right[head] += (int)scores[head].argmax(1).eq(some.Labels.select(1, head)).sum().item<long>();
        }

        var all = (clips + batch - 1) / batch * batch;
        return [.. right.Select(count => (double)count / all)];
    }

    /// <summary>Writes the network; the same weights give the same bytes, so that its hash names it.</summary>
    public void Save(string path)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Weights.SafeTensors.Write(path, system.Layout.Named(state.Parameters.detach()), EncoderFeatures.Metadata(size));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        replicas.Dispose();
        state.Dispose();
    }

    private EncoderBatch Clips(long step)
    {
        using var scope = NewDisposeScope();
        var (clips, labels) = (new List<byte[]>(batch), new long[batch * 4]);
        for (var lane = 0; lane < batch; lane++)
        {
            var random = SplitMix64.For(seed, SeedLanes.EncoderClips, unchecked((ulong)step), (ulong)lane);
            var combo = ShapeCombo.All[(int)random.Below(ShapeCombo.All.Count)];
            clips.Add(ShapeRenderer.Render(combo, seed, EvaluatorSplit, random.Next() & ((1UL << 56) - 1), VideoEncoder.Frames, VideoEncoder.Side));
            (labels[lane * 4], labels[lane * 4 + 1], labels[lane * 4 + 2], labels[lane * 4 + 3]) = ((long)combo.Shape, (long)combo.Colour, (long)combo.Size, (long)combo.Motion);
        }

        return new EncoderBatch(
            step, ClipPixels.ToTensor(clips, VideoEncoder.Frames, VideoEncoder.Side, VideoEncoder.Side).DetachFromDisposeScope(),
            tensor(labels, [batch, 4]).DetachFromDisposeScope(), 1.0 / batch);
    }

    /// <summary>Clips [B, 16, 3, 32, 32], labels int64 [B, 4] and the weight of a clip's loss.</summary>
    private sealed record EncoderBatch(long Step, Tensor Clips, Tensor Labels, double Share) : TrainingBatch(Step)
    {
        public override int Lanes => (int)Clips.shape[0];

        public override bool IsTypical => true;

        public override void Dispose()
        {
            Clips.Dispose();
            Labels.Dispose();
        }

        protected override TrainingBatch Part(int from, int size) => this with
        {
            Clips = Clips.narrow(0, from, size).DetachFromDisposeScope(),
            Labels = Labels.narrow(0, from, size).DetachFromDisposeScope(),
        };
    }

    private sealed class EncoderSystem(VideoEncoder encoder) : Systems.ILossSystem
    {
        public VideoEncoder Encoder => encoder;

        public ParameterLayout Layout => encoder.Layout;

        public Tensor Loss(ParameterViews w, TrainingBatch batch)
        {
            var given = (EncoderBatch)batch;
            var scores = encoder.Attributes(w, encoder.Features(w, given.Clips));
            var losses = scores.Select((score, head) => nn.functional.cross_entropy(score, given.Labels.select(1, head), reduction: nn.Reduction.Sum));
            return losses.Aggregate((a, b) => a.Plus(b)).mul(HeldScalar.Of(given.Share / scores.Length));
        }
    }
}

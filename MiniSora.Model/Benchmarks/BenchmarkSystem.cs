using MiniSora.Model.Layers;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Benchmarks;

/// <summary>A network under test as something that trains, so that its steps take the way of real ones: dealt to replicas, gradients added.</summary>
internal sealed class BenchmarkSystem(BenchmarkNetwork network) : IVideoSystem
{
    /// <inheritdoc/>
    public ParameterLayout Layout => network.Layout;

    /// <inheritdoc/>
    public bool ImagesOnly => false;

    /// <inheritdoc/>
    public bool AnySize => false;

    /// <inheritdoc/>
    public int Patch => 1;

    /// <inheritdoc/>
    public TrainingBatch Prepare(StepInput input) => throw new NotSupportedException("a benchmark makes its own batches");

    /// <summary>Mean square of the output, which costs next to nothing.</summary>
    public Tensor Loss(ParameterViews w, TrainingBatch batch)
    {
        var given = (BenchmarkBatch)batch;
        return network.Forward(w, given.Inputs).square().mean().mul(HeldScalar.Of((double)given.Lanes / given.Whole));
    }

    /// <inheritdoc/>
    public Tensor Sample(ParameterViews w, LatentRequest request, SamplerOptions options, Action<double> report, CancellationToken cancellationToken) =>
        throw new NotSupportedException("a benchmark draws no clips");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>Inputs of a network under test, each [B, …], the caller's.</summary>
internal sealed record BenchmarkBatch(Tensor[] Inputs, int Whole) : TrainingBatch(1)
{
    /// <inheritdoc/>
    public override int Lanes => (int)Inputs[0].shape[0];

    /// <inheritdoc/>
    public override bool IsTypical => true;

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var input in Inputs)
            input.Dispose();
    }

    /// <inheritdoc/>
    protected override TrainingBatch Part(int from, int size) =>
        new BenchmarkBatch(Array.ConvertAll(Inputs, input => input.narrow(0, from, size).DetachFromDisposeScope()), Whole);
}

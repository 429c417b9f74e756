using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>Collects copies of states that a sampler frees.</summary>
internal sealed class Trajectory : IDisposable
{
    private readonly List<Tensor> points = [];

    /// <summary>Takes the state of a step; steps come in order.</summary>
    public void Add(int step, Tensor state)
    {
        if (step != points.Count)
            throw new InvalidOperationException($"step {step} came as number {points.Count}");
        points.Add(state.clone().DetachFromDisposeScope());
    }

    /// <summary>All of them, [steps, …].</summary>
    public Tensor Stack() => stack(points);

    /// <inheritdoc/>
    public void Dispose() => points.ForEach(point => point.Dispose());
}

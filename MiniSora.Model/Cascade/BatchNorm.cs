using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Batch norm over [B, C, H, W]: keys <c>{name}.running_mean</c>, <c>.running_var</c> (never trained, carried by checkpoints) and, if affine,
/// <c>.weight</c>, <c>.bias</c>. The original's <c>num_batches_tracked</c> is not kept: with a fixed momentum nothing reads it.
/// </summary>
internal sealed class BatchNorm
{
    private readonly int mean;
    private readonly int variance;
    private readonly (int Weight, int Bias)? affine;
    private readonly double epsilon;

    public BatchNorm(ParameterLayout layout, string name, long channels, double epsilon = 1e-5, bool affine = true)
    {
        this.epsilon = epsilon;
        if (affine)
            this.affine = (layout.Add($"{name}.weight", [channels], Start.One), layout.Add($"{name}.bias", [channels], Start.Zero));
        mean = layout.Add($"{name}.running_mean", [channels], Start.Zero, trainable: false);
        variance = layout.Add($"{name}.running_var", [channels], Start.One, trainable: false);
    }

    /// <summary>
    /// By the running statistics, or, with <paramref name="training"/>, by the batch's own, which are then noted there for
    /// <see cref="BatchStatistics.Store"/>.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, BatchStatistics? training = null)
    {
        Tensor centre = w[mean], spread = w[variance];
        if (training is not null)
        {
            var rows = x.transpose(0, 1).flatten(1); // [C, B*H*W]
            centre = rows.mean([1]);
            spread = rows.var(1, unbiased: false);
            training.Note(mean, centre, variance, spread, rows.shape[1]);
        }

        // Written out rather than F.batch_norm, whose training mode writes into the running statistics: here they are views of a buffer with a gradient.
        Tensor Channels(Tensor value) => value.view(1, -1, 1, 1);
        var scale = spread.add(HeldScalar.Of(epsilon), HeldScalar.One).rsqrt();
        if (affine is not var (weight, bias))
            return x.Minus(Channels(centre)) * Channels(scale);
        return Channels(w[bias]).addcmul(x.Minus(Channels(centre)), Channels(scale * w[weight]), HeldScalar.One);
    }
}

/// <summary>Means and variances that the batch norms of one training pass saw. It owns them: the pass's own scopes end before it does.</summary>
internal sealed class BatchStatistics : IDisposable
{
    private const double Momentum = 0.1;
    private readonly List<(int Index, Tensor Value)> seen = [];

    internal void Note(int mean, Tensor centre, int variance, Tensor spread, long count)
    {
        using var _ = no_grad();
        seen.Add((mean, centre.detach().DetachFromDisposeScope()));
        // The running variance is the unbiased one, as in torch.
        seen.Add((variance, spread.detach().mul(HeldScalar.Of(count > 1 ? count / (count - 1.0) : 1)).DetachFromDisposeScope()));
    }

    /// <summary>Moves the running statistics in the flat buffer a tenth of the way to the batch's.</summary>
    public void Store(ParameterLayout layout, Tensor flat)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (index, value) in seen)
        {
            var spec = layout.Specs[index];
            flat.narrow(0, spec.Offset, spec.Count).mul_(HeldScalar.Of(1 - Momentum)).add_(value.to(flat.dtype), HeldScalar.Of(Momentum));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => seen.ForEach(item => item.Value.Dispose());
}

using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>All that a step changes: parameters, optimizer, EMA copies. Flat float32 buffers on the run's device.</summary>
internal sealed class TrainingState : IDisposable
{
    private readonly double decay;

    public TrainingState(ParameterLayout layout, TrainingOptions options, ulong seed, Device device)
    {
        using var scope = NewDisposeScope();
        Parameters = layout.Initialise(seed).to(device, copy: true).requires_grad_(true).DetachFromDisposeScope();
        var orthogonal = options.Optimizer == OptimizerKind.Muon ? new OrthogonalUpdate(layout) : null;
        Optimizer = new FlatAdamW(options, layout.DecayMask().to(device, copy: true).DetachFromDisposeScope(), orthogonal);
        Optimizer.ExpAvg.DetachFromDisposeScope();
        Optimizer.ExpAvgSq.DetachFromDisposeScope();
        EmaGammas = [.. options.EmaWidths.Select(PowerEma.Gamma)];
        decay = options.EmaDecay;
        Emas = [.. options.Averages.Select(_ => Parameters.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Updates of the weights so far, as the averages count them; a run that starts from another's averages goes on counting, with an optimizer of its own.</summary>
    public long Updates { get; set; }

    /// <summary>Master weights; the leaf of the gradient.</summary>
    public Tensor Parameters { get; }

    /// <summary>AdamW, with Muon's updates of the hidden matrices if the options want them.</summary>
    public FlatAdamW Optimizer { get; }

    /// <summary>One copy per <see cref="TrainingOptions.Averages"/>.</summary>
    public IReadOnlyList<Tensor> Emas { get; }

    /// <summary>Exponents of the power-function copies, which come first.</summary>
    public IReadOnlyList<double> EmaGammas { get; }

    /// <summary>Copies of the averages from earlier in the run.</summary>
    public AverageSnapshots Averages { get; } = new();

    /// <summary>Every buffer, in a fixed order.</summary>
    public IEnumerable<Tensor> Buffers => [Parameters, Optimizer.ExpAvg, Optimizer.ExpAvgSq, .. Emas];

    /// <summary>Optimizer update, then the copies follow.</summary>
    public void Update(Tensor gradient, double learningRate)
    {
        using var _ = no_grad();
        Optimizer.Apply(Parameters, gradient, learningRate);
        Updates++;
        for (var i = 0; i < Emas.Count; i++)
            WeightAverage.Follow(Emas[i], Parameters, i < EmaGammas.Count ? PowerEma.Decay(EmaGammas[i], Updates) : decay);
    }

    /// <summary>Every power-function average that is there, of now and of before.</summary>
    public IReadOnlyList<AverageSource> Sources() =>
        [.. EmaGammas.Select((gamma, i) => new AverageSource(new EmaProfile(Updates, gamma), () => Emas[i].alias())), .. Averages.Sources()];

    /// <inheritdoc/>
    public void Dispose()
    {
        Averages.Dispose();
        Parameters.Dispose();
        Optimizer.Dispose();
        foreach (var ema in Emas)
            ema.Dispose();
    }
}

/// <summary>A copy of a state to go back to.</summary>
internal sealed class TrainingSnapshot : IDisposable
{
    private readonly List<Tensor> copies;
    private (long Weights, long Optimizer) updates;

    public TrainingSnapshot(TrainingState state)
    {
        using var _ = no_grad();
        copies = [.. state.Buffers.Select(buffer => buffer.detach().clone().DetachFromDisposeScope())];
        updates = (state.Updates, state.Optimizer.Updates);
    }

    /// <summary>Takes the state as it is now.</summary>
    public void Take(TrainingState state)
    {
        using var _ = no_grad();
        foreach (var (copy, buffer) in copies.Zip(state.Buffers))
            copy.copy_(buffer);
        updates = (state.Updates, state.Optimizer.Updates);
    }

    /// <summary>Puts the state back.</summary>
    public void Restore(TrainingState state)
    {
        using var _ = no_grad();
        foreach (var (copy, buffer) in copies.Zip(state.Buffers))
            buffer.copy_(copy);
        (state.Updates, state.Optimizer.Updates) = updates;
    }

    /// <inheritdoc/>
    public void Dispose() => copies.ForEach(copy => copy.Dispose());
}

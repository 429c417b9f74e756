using MiniSora.Model.Layers;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>One network's parameters with their optimizer.</summary>
internal sealed class TrainedPart : IDisposable
{
    private const string Optimizer = "optimizer";
    private static readonly TrainingOptions Settings = new();
    private readonly string name;
    private readonly FlatAdamW optimizer;
    private readonly double[] gammas;

    public TrainedPart(string name, ParameterLayout layout, Tensor flat, Device device, IReadOnlyList<double> averages)
    {
        this.name = name;
        Layout = layout;
        Flat = flat.to(device, copy: true).DetachFromDisposeScope();
        gammas = [.. averages.Select(PowerEma.Gamma)];
        Averages = [.. averages.Select(_ => Flat.clone().DetachFromDisposeScope())];
        optimizer = new FlatAdamW(Settings, layout.DecayMask().to(device, copy: true).DetachFromDisposeScope());
        optimizer.ExpAvg.DetachFromDisposeScope();
        optimizer.ExpAvgSq.DetachFromDisposeScope();
    }

    public ParameterLayout Layout { get; }

    /// <summary>Master weights, float32.</summary>
    public Tensor Flat { get; }

    /// <summary>Its averaged copies, by width.</summary>
    public IReadOnlyList<Tensor> Averages { get; }

    /// <summary>Its name in checkpoints.</summary>
    public string Name => name;

    /// <summary>Updates so far.</summary>
    public long Updates => optimizer.Updates;

    /// <summary>One AdamW update.</summary>
    public void Apply(Tensor gradient, double rate)
    {
        using var _ = no_grad();
        optimizer.Apply(Flat, gradient, rate);
    }

    /// <summary>Lets the averaged copies follow, once a step has changed the weights and the batch norms' statistics.</summary>
    public void Follow()
    {
        using var _ = no_grad();
        for (var i = 0; i < gammas.Length; i++)
            WeightAverage.Follow(Averages[i], Flat, PowerEma.Decay(gammas[i], optimizer.Updates));
    }

    /// <summary>Weights as <c>{name}.{key}</c>, moments as <c>optimizer.{name}.{exp_avg|exp_avg_sq}.{key}</c>, and the number of updates.</summary>
    public IEnumerable<(string Name, Tensor Value)> Save()
    {
        foreach (var (prefix, flat) in Buffers())
        {
            foreach (var (key, view) in Layout.Named(flat))
                yield return ($"{prefix}{key}", view.detach().cpu().clone());
        }

        yield return ($"{Optimizer}.{name}.updates", tensor(Updates));
    }

    /// <summary>The other way round.</summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (prefix, flat) in Buffers())
        {
            var own = state.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);
            flat.copy_(Layout.Pack(own));
        }

        optimizer.Updates = state[$"{Optimizer}.{name}.updates"].item<long>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flat.Dispose();
        optimizer.Dispose();
        foreach (var average in Averages)
            average.Dispose();
    }

    private IEnumerable<(string Prefix, Tensor Flat)> Buffers() =>
        [($"{name}.", Flat), ($"{Optimizer}.{name}.exp_avg.", optimizer.ExpAvg), ($"{Optimizer}.{name}.exp_avg_sq.", optimizer.ExpAvgSq), .. Averages.Select((average, i) => ($"ema.{i}.{name}.", average))];
}

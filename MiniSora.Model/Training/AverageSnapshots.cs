using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>Power-function averages from along a run, float16 on the processor, for <see cref="AverageMix"/>. Checkpoints carry them.</summary>
internal sealed class AverageSnapshots : IDisposable
{
    private readonly List<(EmaProfile Profile, Tensor Flat)> kept = [];

    /// <summary>In the order they were taken.</summary>
    public IReadOnlyList<(EmaProfile Profile, Tensor Flat)> Kept => kept;

    /// <summary>Whether the state after a step is one of those to keep: evenly spaced over the run, its end not among them.</summary>
    public static bool IsDue(TrainingOptions options, long step)
    {
        var parts = options.EmaSnapshots + 1L;
        return options.EmaSnapshots > 0 && step > 0 && step < options.Steps && step * parts / options.Steps > (step - 1) * parts / options.Steps;
    }

    /// <summary>Copies of the averages as they are after so many updates; what a run that went back had taken later is dropped.</summary>
    public void Take(IReadOnlyList<Tensor> averages, IReadOnlyList<double> gammas, long updates)
    {
        using var _ = no_grad();
        foreach (var (profile, flat) in kept.Where(one => one.Profile.Updates >= updates).ToList())
        {
            flat.Dispose();
            kept.Remove((profile, flat));
        }

        for (var i = 0; i < gammas.Count; i++)
            kept.Add((new EmaProfile(updates, gammas[i]), averages[i].detach().to(ScalarType.Float16, CPU, copy: true).DetachFromDisposeScope()));
    }

    /// <summary>Takes one from a checkpoint, and owns it.</summary>
    public void Add(EmaProfile profile, Tensor flat) => kept.Add((profile, flat.DetachFromDisposeScope()));

    /// <summary>For <see cref="AverageMix.Make"/>.</summary>
    public IEnumerable<AverageSource> Sources() => kept.Select(one => new AverageSource(one.Profile, () => one.Flat.alias()));

    /// <inheritdoc/>
    public void Dispose()
    {
        kept.ForEach(one => one.Flat.Dispose());
        kept.Clear();
    }
}

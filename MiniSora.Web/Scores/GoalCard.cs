using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Scores;

/// <summary>
/// What a checkpoint cost and what its videos cost, as the runs measured it; null where nobody could measure.
/// </summary>
/// <param name="PeakMemoryBytes">Of training.</param>
/// <param name="DeviceSeconds">Of training.</param>
/// <param name="Flops">Of training.</param>
/// <param name="Joules">Of training.</param>
/// <param name="Machine">That trained.</param>
/// <param name="SmallestMachine">With the least peak memory among all runs of this spec; null when it is the same.</param>
/// <param name="SecondsPerVideoSecond">Of sampling, by the newest run that measured it.</param>
/// <param name="JoulesPerVideoSecond">Of sampling.</param>
/// <param name="SamplingMachine">That sampled.</param>
public sealed record GoalCard(
    long? PeakMemoryBytes, double? DeviceSeconds, double? Flops, double? Joules, string? Machine, string? SmallestMachine,
    double? SecondsPerVideoSecond, double? JoulesPerVideoSecond, string? SamplingMachine);

/// <summary>Collects goal cards from what runs measured.</summary>
public sealed class GoalCards
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;

    internal GoalCards(IDbContextFactory<MiniSoraDbContext> contexts) => this.contexts = contexts;

    /// <summary>The card of a checkpoint; null when neither its training nor a sampling of it is known.</summary>
    public async Task<GoalCard?> OfCheckpointAsync(string? sha256, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(sha256))
            return null;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var training = await context.Artifacts.Where(a => a.Kind == "checkpoint" && a.Sha256 == sha256).Join(context.Runs, a => a.RunId, run => run.Id, (_, run) => run).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        var sampling = await context.Runs.AsNoTracking().Where(run => run.CheckpointSha256 == sha256 && run.SecondsPerVideoSecond != null).OrderByDescending(run => run.Number).FirstOrDefaultAsync(cancellationToken);
        if (training is null && sampling is null)
            return null;
        var smallest = training is null ? null : await context.Runs.AsNoTracking()
            .Where(run => run.SpecHash == training.SpecHash && run.PeakMemoryBytes > 0 && run.State == RunState.Succeeded)
            .OrderBy(run => run.PeakMemoryBytes).Select(run => run.Machine).FirstOrDefaultAsync(cancellationToken);
        return new(
            Positive(training?.PeakMemoryBytes), training is { DeviceSeconds: > 0 } ? training.DeviceSeconds : null, training is { Flops: > 0 } ? training.Flops : null, training?.Joules,
            training?.Machine ?? training?.Device, smallest == training?.Machine ? null : smallest,
            sampling?.SecondsPerVideoSecond, sampling?.JoulesPerVideoSecond, sampling?.Machine ?? sampling?.Device);
    }

    /// <summary>The card of a run: of its newest checkpoint, or of what it measured itself.</summary>
    public async Task<GoalCard?> OfRunAsync(RunDetails run, CancellationToken cancellationToken)
    {
        var own = run.Summary.Kind is RunKind.Sampling or RunKind.Evaluation;
        if (own && run.SecondsPerVideoSecond is not null)
        {
            return new(Positive(run.PeakMemoryBytes), run.DeviceSeconds > 0 ? run.DeviceSeconds : null, run.Flops > 0 ? run.Flops : null, run.Joules,
                run.Machine ?? run.Device, null, run.SecondsPerVideoSecond, run.JoulesPerVideoSecond, run.Machine ?? run.Device);
        }

        return run.Summary.Kind == RunKind.Training && run.PeakMemoryBytes > 0 ? await OfCheckpointAsync(run.Checkpoint?.Sha256, cancellationToken) : null;
    }

    private static long? Positive(long? value) => value > 0 ? value : null;
}

using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Training;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Runs;

/// <summary>Where a training run begins that starts from another one's checkpoint, and what had been spent until there. It is kept with the run, since the other one may be deleted.</summary>
internal sealed record RunStart(Guid RunId, long Step, double Flops, double Seconds)
{
    /// <summary>Of a checkpoint; null when it is not here any more.</summary>
    public static async Task<RunStart?> OfAsync(MiniSoraDbContext context, string sha256, CancellationToken cancellationToken)
    {
        var found = await context.Artifacts
            .Where(artifact => artifact.Sha256 == sha256 && artifact.Kind == "checkpoint")
            .Join(context.Runs, artifact => artifact.RunId, run => run.Id, (artifact, run) => new { artifact.Step, artifact.CreatedAt, run })
            .FirstOrDefaultAsync(cancellationToken);
        if (found is null || SpecYaml.Read(found.run.SpecYaml).Spec is not TrainingSpec spec)
            return null;
        var parent = found.run;
        var own = found.Step - (spec.Start.Carry == Carry.Everything ? parent.StartStep ?? 0 : 0);
        // By the same model as the run's own operations; the time by the clock, since processes tell theirs only when they end.
        var flops = RunEstimator.EstimateTraining(spec, Calibration.Uncalibrated).FlopsPerStep * own;
        var seconds = (found.CreatedAt - (parent.StartedAt ?? found.CreatedAt)).TotalSeconds;
        return new(parent.Id, found.Step, parent.StartFlops + flops, parent.StartSeconds + Math.Max(0, seconds));
    }
}

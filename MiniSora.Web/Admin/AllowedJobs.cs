using Hangfire.Common;
using Hangfire.Server;
using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Admin;

/// <summary>A stored job asked for a type that does not belong to any job of this product.</summary>
internal sealed class JobNotAllowedException(string what) : InvalidOperationException($"The job may not execute: {what}.");

/// <summary>
/// What the job storage may make this process do: execute runs, nothing else. Whoever can write that storage could otherwise name any public
/// method of any library here, also a static one, for which no object is asked of <see cref="MiniSora.Jobs.Worker.RunJobActivator"/>.
/// </summary>
internal sealed class AllowedJobs : JobFilterAttribute, IServerFilter
{
    /// <summary>Whether this is a job of the product.</summary>
    public static bool Allows(Job job) => job.Type == typeof(RunJob) && job.Method.Name == nameof(RunJob.ExecuteAsync);

    public void OnPerforming(PerformingContext context)
    {
        if (context.BackgroundJob.Job is { } job && !Allows(job))
            throw new JobNotAllowedException($"{job.Type.FullName}.{job.Method.Name}");
    }

    public void OnPerformed(PerformedContext context)
    {
    }
}

using Hangfire;
using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Worker;

/// <summary>The allow-list of what a queue may make a process do: work on a run. Whoever can write to the queue can name any method of any type.</summary>
public sealed class RunJobActivator(Func<RunJob> make) : JobActivator
{
    /// <inheritdoc/>
    public override object ActivateJob(Type jobType) =>
        jobType == typeof(RunJob) ? make() : throw new NotSupportedException($"{jobType} is not a job of MiniSora.");

    /// <inheritdoc/>
    public override JobActivatorScope BeginScope(JobActivatorContext context) => new One(this, context);

    private sealed class One(RunJobActivator activator, JobActivatorContext context) : JobActivatorScope
    {
        public override object Resolve(Type type)
        {
            if (context.BackgroundJob.Job.Method.Name != nameof(RunJob.ExecuteAsync))
                throw new NotSupportedException($"{context.BackgroundJob.Job.Method.Name} is not a job of MiniSora.");
            return activator.ActivateJob(type);
        }
    }
}

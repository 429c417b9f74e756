using Microsoft.Extensions.Logging;

namespace MiniSora.Jobs.Runs;

/// <summary>The Hangfire job of a run: claims an attempt or leaves, and drives its child process. The run itself lives in the ledger.</summary>
public sealed partial class RunJob(IRunLedger ledger, RunProcessOptions options, TimeProvider time, ILogger<RunJob> logger)
{
    /// <summary>Works on the run until its child process has ended.</summary>
    public async Task ExecuteAsync(Guid runId, CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        _ = (ledger, options, time, logger, runId, cancellationToken);
        throw new NotSupportedException("follows in the next push");
    }
}

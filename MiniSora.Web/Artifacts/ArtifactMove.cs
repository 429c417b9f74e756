using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Artifacts;

/// <summary>Sends the files that a portal took in before it had a bucket, one after another beside everything else, and says how far it is. Until then they serve from the folder.</summary>
internal sealed partial class ArtifactMove(ArtifactStore store, TimeProvider clock, ILogger<ArtifactMove> logger) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1), SayAgain = TimeSpan.FromSeconds(30);

    /// <summary>Sends what waits. Returns how many files still do.</summary>
    public async Task<int> MoveAsync(CancellationToken cancellationToken)
    {
        var waiting = store.Waiting().ToList();
        if (store.Bucket is null || waiting.Count == 0)
            return 0;
        var (moved, said) = (0, clock.GetTimestamp());
        LogBegan(waiting.Count, store.Bucket.Name);
        foreach (var sha256 in waiting)
        {
            try
            {
                moved += await store.MoveAsync(sha256, cancellationToken) ? 1 : 0;
            }
            catch (ArtifactMismatchException damaged)
            {
                LogDamaged(damaged, sha256);
            }

            if (clock.GetElapsedTime(said) > SayAgain)
            {
                said = clock.GetTimestamp();
                LogMoved(moved, waiting.Count);
            }
        }

        LogMoved(moved, waiting.Count);
        return store.Waiting().Count();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store.Bucket is null)
            return;
        try
        {
            while (true)
            {
                try
                {
                    // What was in use stays for the next time.
                    if (await MoveAsync(stoppingToken) == 0)
                        return;
                }
                catch (Exception error) when (error is LedgerAwayException or IOException)
                {
                    LogWaits(error);
                }

                await Task.Delay(LookAgain, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It goes on at the next start.
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} files go to the bucket {Bucket}")]
    private partial void LogBegan(int count, string bucket);

    [LoggerMessage(LogLevel.Information, "{Moved} of {Count} files are in the bucket")]
    private partial void LogMoved(int moved, int count);

    [LoggerMessage(LogLevel.Error, "File {Sha256} is damaged and stays in the folder")]
    private partial void LogDamaged(Exception error, string sha256);

    [LoggerMessage(LogLevel.Warning, "Files wait for the bucket")]
    private partial void LogWaits(Exception error);
}

using Microsoft.Extensions.Options;
using MiniSora.Model.Datasets;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Datasets;

/// <summary>Knows which datasets there are and fetches the emoji pack in the background.</summary>
public sealed partial class DatasetService(DataFolder folder, IOptions<DatasetOptions> options, TimeProvider clock, ILogger<DatasetService> logger)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(300);

    private readonly Lock sync = new();
    // Never disposed: a host that fails while it starts disposes its services before it stops them.
    private readonly CancellationTokenSource stopping = new();
    private Task? work;
    private DatasetProgress? progress;
    private long lastReport;
    private (string Code, string Message)? failure;

    /// <summary>Raised when something about a dataset changed, from any thread; at most a few times a second.</summary>
    public event Action? Changed;

    /// <summary>Clips are being decoded: all processors are busy.</summary>
    internal bool Decoding
    {
        get
        {
            lock (sync)
                return progress is { Phase: not DatasetPhase.Downloading };
        }
    }

    /// <summary>All datasets, in the order to show them.</summary>
    public IReadOnlyList<DatasetView> List() =>
        [Shapes(), Emoji(), .. DatasetCatalog.Worlds.Select(World), .. FolderDataset.Names(folder.Root).Select(Folder)];

    /// <summary>SHA-256 of what its clips are made of, as runs record it; of drawn and fetched sets, that of 16 frames and 32 pixels. Null while it cannot be read.</summary>
    public string? Version(DatasetView dataset)
    {
        if (dataset.State != DatasetState.Ready)
            return null;
        try
        {
            var opened = DatasetCatalog.Open(dataset.Id, folder.Root, dataset.Frames ?? DatasetSamples.Frames, dataset.Size ?? DatasetSamples.Size, seed: 1);
            using var owned = opened as IDisposable;
            return opened.Fingerprint;
        }
        catch (DatasetException)
        {
            // The card says what is wrong with it.
            return null;
        }
    }

    /// <summary>Tries the preparation of a missing or broken dataset again. Null when it began, else why not.</summary>
    public Refusal? Retry(string datasetId, Viewer viewer)
    {
        if (viewer.MemberId is null)
            return new("not_signed_in");
        if (datasetId != DatasetCatalog.Emoji)
            return new(DatasetCatalog.Ids(folder.Root).Contains(datasetId) ? "dataset_ready" : "dataset_unknown");
        if (EmojiPack.State(folder.Root).Prepared)
            return new("dataset_ready");
        return TryBegin() ? null : new("dataset_busy");
    }

    /// <summary>Starts the preparation unless it runs. It reports through <see cref="List"/> and <see cref="Changed"/>.</summary>
    internal bool TryBegin()
    {
        lock (sync)
        {
            if (work is { IsCompleted: false })
                return false;
            (failure, progress, lastReport) = (null, new(DatasetPhase.Downloading, 0, ""), 0);
            work = Task.Run(() => PrepareAsync(stopping.Token));
        }

        Changed?.Invoke();
        return true;
    }

    /// <summary>Ends the preparation; what was fetched whole is kept.</summary>
    internal async Task StopAsync()
    {
        await stopping.CancelAsync();
        if (work is { } running)
            await running;
    }

    // The boundary of the background work: what went wrong is what the page shows.
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        (string Code, string Message)? wrong = null;
        try
        {
            await EmojiPack.PrepareAsync(folder.Root, new() { Offline = options.Value.Offline }, new Reporter(this), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (DatasetException error)
        {
            LogNotPrepared(error.Code, error.Message);
            wrong = (error.Code, error.Message);
        }
        catch (Exception error)
        {
            LogBroken(error);
            wrong = (DatasetErrors.Broken, error.Message);
        }

        lock (sync)
            (failure, progress) = (wrong, null);
        Changed?.Invoke();
    }

    private DatasetView Shapes() =>
        View(DatasetCatalog.Shapes, DatasetState.Ready, DatasetCredits.Shapes) with { Clips = ShapeCombo.Seen.Count };

    private static DatasetView World(string id) => View(id, DatasetState.Ready, DatasetCredits.Shapes);

    private DatasetView Emoji()
    {
        var state = EmojiPack.State(folder.Root);
        lock (sync)
        {
            var now = state.Prepared ? DatasetState.Ready
                : progress is not null ? DatasetState.Preparing
                : failure is { } f && f.Code != DatasetErrors.DownloadOffline ? DatasetState.Broken
                : DatasetState.Missing;
            return View(DatasetCatalog.Emoji, now, DatasetCredits.Emoji) with
            {
                Clips = state.Prepared ? state.Clips : null,
                Bytes = state.Bytes,
                Phase = now == DatasetState.Preparing ? "datasets.phase." + progress!.Phase.ToString().ToLowerInvariant() : null,
                Progress = now == DatasetState.Preparing ? progress!.Fraction : null,
                ErrorCode = now is DatasetState.Broken or DatasetState.Missing ? failure?.Code : null,
                ErrorMessage = now is DatasetState.Broken or DatasetState.Missing ? failure?.Message : null,
            };
        }
    }

    private DatasetView Folder(string name)
    {
        var view = View(name, DatasetState.Ready, DatasetCredits.Folder);
        try
        {
            var report = FolderDataset.Report(folder.Root, name);
            var bytes = new DirectoryInfo(Path.Combine(folder.Root, "datasets", name)).EnumerateFiles().Sum(file => file.Length);
            return view with { Clips = report?.Accepted, Bytes = bytes, Refused = report?.Refused ?? [], Frames = report?.Frames, Size = report?.Size };
        }
        catch (Exception error) when (error is DatasetException or IOException or UnauthorizedAccessException)
        {
            return view with { State = DatasetState.Broken, ErrorCode = (error as DatasetException)?.Code ?? DatasetErrors.Broken, ErrorMessage = error.Message };
        }
    }

    private static DatasetView View(string id, DatasetState state, DatasetCredits credits) =>
        new(id, state, null, null, null, null, credits.LicenceName, credits.LicenceText, credits.Credits, credits.SourceUrl, null, null);

    private void Take(DatasetProgress report)
    {
        var now = clock.GetTimestamp();
        lock (sync)
        {
            var quiet = progress?.Phase == report.Phase && clock.GetElapsedTime(lastReport, now) < BetweenReports;
            progress = report;
            if (quiet)
                return;
            lastReport = now;
        }

        Changed?.Invoke();
    }

    [LoggerMessage(LogLevel.Warning, "The emoji clips could not be prepared ({Code}): {Reason}")]
    private partial void LogNotPrepared(string code, string reason);

    [LoggerMessage(LogLevel.Error, "The emoji clips could not be prepared")]
    private partial void LogBroken(Exception error);

    // Progress<T> would post to the thread pool and could tell old news last.
    private sealed class Reporter(DatasetService service) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value) => service.Take(value);
    }
}

using MiniSora.Jobs.Runs;

namespace MiniSora.Web.Artifacts;

/// <summary>Brings the files that a run process reports into the store, before anybody hears of them.</summary>
internal sealed class ArtifactIntake(ArtifactStore store, Storage.DataFolder folder, TimeProvider clock)
{
    /// <summary>The artifacts of a report, by event number. Throws when a file is not what the event says.</summary>
    public async Task<IReadOnlyDictionary<long, Artifact>> TakeAsync(Guid runId, Guid ownerId, int attempt, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<long, Artifact>();
        foreach (var reported in events.OfType<RunArtifact>())
        {
            // A worker elsewhere has sent it already; its folder is not here.
            var file = await store.AgainAsync(reported.Sha256, cancellationToken) ?? await store.TakeAsync(Locate(runId, reported.Path), reported.Sha256, cancellationToken);
            taken[reported.Seq] = new()
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                RunId = runId,
                OwnerId = ownerId,
                Attempt = attempt,
                Kind = reported.Kind,
                Sha256 = file.Sha256,
                Bytes = file.Bytes,
                FileName = Path.GetFileName(reported.Path),
                Step = reported.Step,
                Index = reported.Index,
                Prompt = reported.Prompt,
                Seed = reported.Seed,
                CreatedAt = clock.GetUtcNow(),
            };
        }

        return taken;
    }

    // The child is ours, yet what it says decides which file is published: nothing outside its folder.
    private string Locate(Guid runId, string path)
    {
        var root = Path.GetFullPath(folder.RunFolder(runId));
        var full = Path.GetFullPath(Path.Combine(root, path));
        return full.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new InvalidOperationException($"Run {runId} reported '{path}', which is outside its folder.");
    }
}

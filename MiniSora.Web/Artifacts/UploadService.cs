using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Model.Media;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Artifacts;

/// <summary>Answer to an upload.</summary>
public abstract record UploadResult;

/// <summary>The image is stored; specs name it by <paramref name="Sha256"/>.</summary>
public sealed record ImageStored(string Sha256, string Url, long Bytes) : UploadResult;

/// <summary>The video is stored; specs name it by <paramref name="Sha256"/>.</summary>
public sealed record VideoStored(string Sha256, string Url, long Bytes) : UploadResult;

/// <summary>What a video of ours says about how it was made.</summary>
/// <param name="SpecYaml">Document of the run.</param>
/// <param name="Seed">Seed of this clip, decimal; null when the file does not say.</param>
public sealed record VideoSpec(string SpecYaml, string? Seed, string? CheckpointSha256, string? Software) : UploadResult;

/// <summary>It was refused.</summary>
public sealed record UploadRefused(Refusal Reason) : UploadResult;

/// <summary>Takes files from members: first frames, clips to start from, and videos whose configuration they want back.</summary>
public sealed class UploadService
{
    /// <summary>Largest image, bytes.</summary>
    public const long MaxImageBytes = 10 << 20;

    /// <summary>Largest video that a task may start from, bytes: what one request may carry.</summary>
    public const long MaxClipBytes = 28 << 20;

    /// <summary>Largest video that is looked at, bytes.</summary>
    public const long MaxVideoBytes = 200 << 20;

    private readonly ArtifactStore store;
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly DataFolder folder;
    private readonly TimeProvider clock;

    internal UploadService(ArtifactStore store, IDbContextFactory<MiniSoraDbContext> contexts, DataFolder folder, TimeProvider clock) =>
        (this.store, this.contexts, this.folder, this.clock) = (store, contexts, folder, clock);

    /// <summary>Checks that it is an image by decoding it, and stores it as it came.</summary>
    public async Task<UploadResult> StoreImageAsync(Stream content, string name, Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is not { } owner)
            return new UploadRefused(new("not_signed_in"));
        using var memory = new MemoryStream();
        if (await CopyAsync(content, memory, MaxImageBytes, cancellationToken) is { } refusal)
            return new UploadRefused(refusal);
        try
        {
            _ = ImageFile.ReadRgb(memory.ToArray(), name, 64);
        }
        catch (MediaException error) when (error.Code is MediaErrors.NotAnImage or MediaErrors.ImageTooLarge)
        {
            return new UploadRefused(new(error.Code));
        }

        memory.Position = 0;
        var known = await KeepAsync(await store.WriteAsync(memory, cancellationToken), owner, "image", "first-frame" + Extension(memory.GetBuffer()), cancellationToken);
        return new ImageStored(known.Sha256, known.Url, known.Bytes);
    }

    /// <summary>Checks that it is a video by asking ffprobe, and stores it as it came.</summary>
    public async Task<UploadResult> StoreVideoAsync(Stream content, Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is not { } owner)
            return new UploadRefused(new("not_signed_in"));
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.clip");
        try
        {
            await using (var file = File.Create(temporary))
            {
                if (await CopyAsync(content, file, MaxClipBytes, cancellationToken) is { } refusal)
                    return new UploadRefused(refusal);
            }

            await VideoFile.ProbeAsync(temporary, cancellationToken);
            await using var whole = File.OpenRead(temporary);
            var known = await KeepAsync(await store.WriteAsync(whole, cancellationToken), owner, "clip", "clip.mp4", cancellationToken);
            return new VideoStored(known.Sha256, known.Url, known.Bytes);
        }
        catch (MediaException error) when (error.Code is MediaErrors.NotAVideo or MediaErrors.FfmpegMissing)
        {
            return new UploadRefused(new(error.Code));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The row of a stored file of a member; the same file twice has one.</summary>
    private async Task<Artifact> KeepAsync(ArtifactStore.Stored stored, Guid owner, string kind, string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var known = await context.Artifacts.FirstOrDefaultAsync(a => a.Sha256 == stored.Sha256 && a.Kind == kind && a.OwnerId == owner, cancellationToken);
        if (known is not null)
            return known;
        known = new()
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            OwnerId = owner,
            Kind = kind,
            Sha256 = stored.Sha256,
            Bytes = stored.Bytes,
            FileName = name,
            CreatedAt = clock.GetUtcNow(),
        };
        context.Artifacts.Add(known);
        await context.SaveChangesAsync(cancellationToken);
        return known;
    }

    /// <summary>Stores files that were looked at elsewhere, with a row each: all of them or none.</summary>
    internal async Task<IReadOnlyList<Artifact>> KeepFilesAsync(IReadOnlyList<(string Path, string Kind, string Name)> files, Guid owner, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var kept = new List<Artifact>();
        foreach (var (path, kind, name) in files)
        {
            var stored = await store.TakeAsync(path, null, cancellationToken);
            kept.Add(new()
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                OwnerId = owner,
                Kind = kind,
                Sha256 = stored.Sha256,
                Bytes = stored.Bytes,
                FileName = name,
                CreatedAt = clock.GetUtcNow(),
            });
        }

        // The same file again, or pages that look alike, need no second row.
        var hashes = kept.Select(artifact => artifact.Sha256).ToList();
        var known = await context.Artifacts.Where(a => a.OwnerId == owner && hashes.Contains(a.Sha256)).Select(a => new { a.Sha256, a.Kind }).ToListAsync(cancellationToken);
        context.Artifacts.AddRange(kept.DistinctBy(artifact => (artifact.Sha256, artifact.Kind)).Where(artifact => !known.Exists(row => row.Sha256 == artifact.Sha256 && row.Kind == artifact.Kind)));
        await context.SaveChangesAsync(cancellationToken);
        return kept;
    }

    /// <summary>Reads the configuration out of a video that was downloaded from a MiniSora portal or made on the command line.</summary>
    public async Task<UploadResult> ReadVideoAsync(Stream content, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.mp4");
        try
        {
            await using (var file = File.Create(temporary))
            {
                if (await CopyAsync(content, file, MaxVideoBytes, cancellationToken) is { } refusal)
                    return new UploadRefused(refusal);
            }

            var tags = await VideoFile.ReadTagsAsync(temporary, cancellationToken);
            return tags.TryGetValue(MediaTags.Spec, out var yaml) && yaml.Length > 0
                ? new VideoSpec(yaml, tags.GetValueOrDefault(MediaTags.Seed), tags.GetValueOrDefault(MediaTags.Checkpoint), tags.GetValueOrDefault(MediaTags.Software))
                : new UploadRefused(new("video_without_spec"));
        }
        catch (MediaException error) when (error.Code is MediaErrors.NotAVideo or MediaErrors.FfmpegMissing)
        {
            return new UploadRefused(new(error.Code));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    internal static async Task<Refusal?> CopyAsync(Stream from, Stream to, long limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            if (total > limit)
                return new("upload_too_large", ("limit", (limit >> 20).ToString(CultureInfo.InvariantCulture)));
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return total == 0 ? new("upload_empty") : null;
    }

    // For the name of a download only: what is served as what is decided by a list of harmless types.
    private static string Extension(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ".png",
        [0xff, 0xd8, ..] => ".jpg",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => ".webp",
        [(byte)'G', (byte)'I', (byte)'F', ..] => ".gif",
        _ => ".img",
    };
}

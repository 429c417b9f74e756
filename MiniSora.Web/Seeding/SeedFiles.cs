using System.Globalization;
using System.Text;
using MiniSora.Model;
using MiniSora.Model.Datasets;
using MiniSora.Model.Media;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Seeding;

/// <summary>A clip that many seeded posts show, and its first frame.</summary>
internal sealed record SeedVideo(string Dataset, string Sha256, long Bytes, string PosterSha256, long PosterBytes);

/// <summary>The few real files that a seeded database shares.</summary>
internal sealed class SeedFiles(ArtifactStore store, DataFolder folder)
{
    public const int Frames = 16, Size = 32;

    /// <summary>Ending of the posters' files.</summary>
    public const string PosterExtension = ".webp";

    private static readonly string[] Datasets = [DatasetCatalog.Shapes, .. DatasetCatalog.Worlds];

    /// <summary>Three clips of each set that the program draws.</summary>
    public async Task<IReadOnlyList<SeedVideo>> VideosAsync(ulong seed, CancellationToken cancellationToken)
    {
        var videos = new List<SeedVideo>();
        var temporary = Directory.CreateTempSubdirectory("minisora-seed-").FullName;
        try
        {
            foreach (var id in Datasets)
            {
                var dataset = DatasetCatalog.Open(id, folder.Root, Frames, Size, seed);
                for (var k = 0; k < 3; k++)
                {
                    var random = SplitMix64.For(seed, SeedLane.Files, (ulong)videos.Count);
                    var clip = dataset.Read(random.Below(dataset.Count), random);
                    var (mp4, still) = (Path.Combine(temporary, $"{videos.Count}.mp4"), Path.Combine(temporary, videos.Count + PosterExtension));
                    await VideoFile.WriteAsync(mp4, clip.Frames, Frames, Size, Size, 8, new Dictionary<string, string> { [MediaTags.Title] = clip.Caption.English ?? clip.Caption.Chinese ?? id }, cancellationToken);
                    Poster.Write(still, clip.Frames.AsSpan(0, Size * Size * 3), Size, Size);
                    var (video, poster) = (await store.TakeAsync(mp4, null, cancellationToken), await store.TakeAsync(still, null, cancellationToken));
                    videos.Add(new(id, video.Sha256, video.Bytes, poster.Sha256, poster.Bytes));
                }
            }
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }

        return videos;
    }

    /// <summary>A file in the place of a checkpoint. It says what it is; who samples from it is told that it is no checkpoint.</summary>
    public Task<ArtifactStore.Stored> CheckpointAsync(ulong seed, long run, CancellationToken cancellationToken) =>
        store.WriteAsync(new MemoryStream(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"minisora seed {seed}, run {run}: no weights, nothing was trained."))), cancellationToken);
}

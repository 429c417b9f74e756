using System.Diagnostics;
using System.Globalization;
using MiniSora.Tests;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Soak;

/// <summary>What is measured.</summary>
/// <param name="Files">Small files, one after another.</param>
/// <param name="SmallBytes">Bytes of each.</param>
/// <param name="LargeBytes">Bytes of the one large file.</param>
/// <param name="Endpoint">Server; null: one of its own.</param>
internal sealed record FilesOptions(int Files, int SmallBytes, long LargeBytes, string? Endpoint, string Bucket, string AccessKey, string SecretKey);

/// <summary>The store of files with a bucket against the folder alone: what taking in and reading costs, in one run.</summary>
internal sealed class Files(FilesOptions options, Bounds bounds)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await using var own = options.Endpoint is null ? await S3Server.StartAsync() : null;
        var s3 = new S3Options
        {
            Bucket = own is null ? options.Bucket : S3Server.Bucket,
            Endpoint = own?.Endpoint ?? options.Endpoint!,
            AccessKey = own?.AccessKey ?? options.AccessKey,
            SecretKey = own?.SecretKey ?? options.SecretKey,
            Prefix = string.Create(CultureInfo.InvariantCulture, $"soak-{Guid.NewGuid():N}/"),
        };
        bounds.Note("server", own is null ? s3.Endpoint : "s3rver, one Node.js process on this machine");
        var root = Directory.CreateTempSubdirectory("minisora-files-");
        try
        {
            using var folder = Store(root, "folder", new());
            using var bucket = Store(root, "bucket", s3);
            using var cold = Store(root, "cold", s3);
            foreach (var (name, count, bytes) in new[] { ("small", options.Files, (long)options.SmallBytes), ("large", 1, options.LargeBytes) })
            {
                var files = await MakeAsync(root, name, count, bytes, stop);
                var megabytes = count * bytes / 1e6;
                // The first request pays for compiling and connecting; nobody measures it.
                foreach (var store in (ArtifactStore[])[folder, bucket])
                    await store.WriteAsync(new MemoryStream([.. Guid.NewGuid().ToByteArray()]), stop);

                var (folderPut, hashes) = await PutAsync(folder, files, stop);
                var (bucketPut, _) = await PutAsync(bucket, files, stop);
                var folderGet = await GetAsync(folder, hashes, stop);
                var coldGet = await GetAsync(cold, hashes, stop);
                var warmGet = await GetAsync(cold, hashes, stop);
                var what = string.Create(CultureInfo.InvariantCulture, $"{count} × {bytes / 1e6:0} MB");
                Say($"{what} put", megabytes, folderPut, ("bucket", bucketPut));
                Say($"{what} get", megabytes, folderGet, ("bucket, not cached", coldGet), ("bucket, cached", warmGet));
                foreach (var hash in hashes)
                    await bucket.DeleteAsync(hash, stop);
                foreach (var file in files)
                    File.Delete(file);
            }
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private void Say(string what, double megabytes, double folder, params (string Name, double Seconds)[] others)
    {
        bounds.Note($"{what}, folder alone", string.Create(CultureInfo.InvariantCulture, $"{megabytes / folder:0} MB/s"));
        foreach (var (name, seconds) in others)
            bounds.Note($"{what}, {name}", string.Create(CultureInfo.InvariantCulture, $"{megabytes / seconds:0} MB/s, {seconds / folder:0.0} times as long"));
    }

    private static ArtifactStore Store(DirectoryInfo root, string name, S3Options options)
    {
        var folder = new DataFolder(Path.Combine(root.FullName, name));
        folder.Create();
        return new(folder, TimeProvider.System, options);
    }

    private static async Task<List<string>> MakeAsync(DirectoryInfo root, string name, int count, long bytes, CancellationToken stop)
    {
        var random = new Random(1);
        var block = new byte[1 << 20];
        var files = new List<string>();
        for (var k = 0; k < count; k++)
        {
            files.Add(Path.Combine(root.FullName, string.Create(CultureInfo.InvariantCulture, $"{name}-{k}.bin")));
            await using var file = File.Create(files[^1]);
            for (var left = bytes; left > 0; left -= block.Length)
            {
                random.NextBytes(block);
                await file.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), stop);
            }
        }

        return files;
    }

    // As uploads come: from a stream, not linked.
    private static async Task<(double Seconds, List<string> Hashes)> PutAsync(ArtifactStore store, List<string> files, CancellationToken stop)
    {
        var hashes = new List<string>();
        var watch = Stopwatch.StartNew();
        foreach (var path in files)
        {
            await using var file = File.OpenRead(path);
            hashes.Add((await store.WriteAsync(file, stop)).Sha256);
        }

        return (watch.Elapsed.TotalSeconds, hashes);
    }

    private static async Task<double> GetAsync(ArtifactStore store, List<string> hashes, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        foreach (var hash in hashes)
        {
            using var held = await store.HoldAsync(hash, stop) ?? throw new InvalidOperationException($"{hash} is not there.");
            await using var file = File.OpenRead(held.Path);
            await file.CopyToAsync(Stream.Null, 1 << 20, stop);
        }

        return watch.Elapsed.TotalSeconds;
    }
}

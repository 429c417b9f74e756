using System.Security.Cryptography;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Artifacts;

/// <summary>The store with a bucket, against a real server.</summary>
[Collection(S3Tests.Name)]
public sealed class S3StoreTests(S3Fixture fixture)
{
    private static readonly TimeSpan Youth = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_file_is_in_the_bucket_before_the_take_returns_and_survives_the_folder()
    {
        await using var s3 = new S3(fixture);
        var store = s3.Store(out var folder);
        var path = Path.Combine(folder.Root, "made.bin");
        await File.WriteAllBytesAsync(path, Bytes(1000, 1));

        var taken = await store.TakeAsync(path, null, CancellationToken.None);
        var written = await store.WriteAsync(new MemoryStream(Bytes(10, 2)), CancellationToken.None);

        Assert.Equal(new[] { Hash(Bytes(1000, 1)), Hash(Bytes(10, 2)) }.Order(), (await s3.FilesAsync()).Order());
        Assert.Equal((1000L, 10L), (taken.Bytes, written.Bytes));
        Directory.Delete(folder.Artifacts, recursive: true);
        folder.Create();
        Assert.Equal(Bytes(1000, 1), await ReadAsync(store, taken.Sha256));
        Assert.Empty(Directory.EnumerateFiles(folder.Artifacts));
    }

    [Fact]
    public async Task What_a_reporter_says_wrongly_reaches_no_bucket()
    {
        await using var s3 = new S3(fixture);
        var store = s3.Store(out var folder);
        var path = Path.Combine(folder.Root, "made.bin");
        await File.WriteAllBytesAsync(path, Bytes(1000, 1));

        await Assert.ThrowsAsync<ArtifactMismatchException>(() => store.TakeAsync(path, new('0', 64), CancellationToken.None));

        Assert.Empty(await s3.KeysAsync());
    }

    [Fact]
    public async Task A_large_file_goes_in_parts_and_comes_back_whole()
    {
        await using var s3 = new S3(fixture);
        var large = Bytes((int)(ArtifactBucket.PartBytes * 2) + 12_345, 3);

        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(large), CancellationToken.None);

        Assert.Equal(3, s3.Requests.Count(line => line.StartsWith("PUT", StringComparison.Ordinal) && line.Contains("partNumber=", StringComparison.Ordinal)));
        Assert.Equal(Hash(large), stored.Sha256);
        Assert.Equal(stored.Sha256, Hash(await ReadAsync(s3.Store(out _), stored.Sha256)));
    }

    [Fact]
    public async Task What_the_bucket_alone_has_is_there_and_is_fetched_once_for_all_who_ask()
    {
        await using var s3 = new S3(fixture);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(Bytes(300_000, 4)), CancellationToken.None);
        var other = s3.Store(out _);

        Assert.True(await other.HasAsync(stored.Sha256, CancellationToken.None));
        Assert.False(await other.HasAsync(new('0', 64), CancellationToken.None));
        s3.Hold();
        var asking = Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAsync(other, stored.Sha256))).ToList();
        await s3.HeardAsync("GET", S3.Key(stored.Sha256));
        s3.Release();

        Assert.All(await Task.WhenAll(asking), bytes => Assert.Equal(Bytes(300_000, 4), bytes));
        Assert.Single(s3.Requests, line => line.StartsWith("GET", StringComparison.Ordinal) && line.Contains(S3.Key(stored.Sha256), StringComparison.Ordinal));
        Assert.Null(await other.HoldAsync(new('0', 64), CancellationToken.None));
    }

    [Fact]
    public async Task Who_stops_waiting_ends_the_fetch_for_nobody_else()
    {
        await using var s3 = new S3(fixture);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(Bytes(300_000, 5)), CancellationToken.None);
        var other = s3.Store(out var folder);
        using var impatient = new CancellationTokenSource();
        s3.Hold();
        var first = other.HoldAsync(stored.Sha256, impatient.Token);
        await s3.HeardAsync("GET", S3.Key(stored.Sha256));
        var second = ReadAsync(other, stored.Sha256);

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        s3.Release();

        Assert.Equal(Bytes(300_000, 5), await second);
        Assert.Empty(Directory.EnumerateFiles(folder.Artifacts));
    }

    [Fact]
    public async Task What_arrives_damaged_is_given_to_nobody()
    {
        await using var s3 = new S3(fixture);
        var sha256 = Hash(Bytes(1000, 6));
        await s3.PutAsync(S3.Key(sha256), Bytes(1000, 7));
        var store = s3.Store(out var folder);

        await Assert.ThrowsAsync<ArtifactMismatchException>(() => store.HoldAsync(sha256, CancellationToken.None));

        Assert.Empty(Directory.EnumerateFiles(folder.Artifacts, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_cache_forgets_what_was_used_longest_ago_and_never_what_is_in_use()
    {
        await using var s3 = new S3(fixture);
        var clock = S3.Now();
        var store = s3.Store(out _, clock, cacheBytes: 4000);
        var files = new List<string>();
        for (byte k = 0; k < 4; k++)
        {
            files.Add((await store.WriteAsync(new MemoryStream(Bytes(900, k)), CancellationToken.None)).Sha256);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        (await store.HoldAsync(files[0], CancellationToken.None))!.Dispose();
        clock.Advance(TimeSpan.FromMinutes(1));
        using (var held = await store.HoldAsync(files[1], CancellationToken.None))
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            (await store.HoldAsync(files[0], CancellationToken.None))!.Dispose();
            await store.WriteAsync(new MemoryStream(Bytes(1600, 9)), CancellationToken.None);
            await store.WriteAsync(new MemoryStream(Bytes(1700, 10)), CancellationToken.None);

            Assert.True(File.Exists(held!.Path));
            Assert.True(store.CachedBytes <= 4000);
        }

        s3.Requests.Clear();
        Assert.Equal(Bytes(900, 1), await ReadAsync(store, files[1]));
        Assert.DoesNotContain(s3.Requests, line => line.StartsWith("GET", StringComparison.Ordinal));
        Assert.Equal(Bytes(900, 2), await ReadAsync(store, files[2]));
        Assert.Contains(s3.Requests, line => line.StartsWith("GET", StringComparison.Ordinal));
        Assert.True(store.CachedBytes <= 4000);
    }

    [Fact]
    public async Task A_file_larger_than_the_cache_is_still_read()
    {
        await using var s3 = new S3(fixture);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(Bytes(9000, 11)), CancellationToken.None);
        var small = s3.Store(out _, cacheBytes: 4000);

        Assert.Equal(Bytes(9000, 11), await ReadAsync(small, stored.Sha256));
        Assert.Equal(0, small.CachedBytes);
    }

    [Fact]
    public async Task Deleted_is_gone_from_the_bucket_the_cache_and_for_other_portals()
    {
        await using var s3 = new S3(fixture);
        var clock = S3.Now();
        var (store, other) = (s3.Store(out var folder, clock), s3.Store(out _, clock));
        var stored = await store.WriteAsync(new MemoryStream(Bytes(1000, 12)), CancellationToken.None);
        await ReadAsync(other, stored.Sha256);

        await store.DeleteAsync(stored.Sha256, CancellationToken.None);

        Assert.Empty(await s3.FilesAsync());
        Assert.Empty(Directory.EnumerateFiles(folder.Artifacts, "*", SearchOption.AllDirectories));
        Assert.Null(await store.HoldAsync(stored.Sha256, CancellationToken.None));
        Assert.False(await other.HasAsync(stored.Sha256, CancellationToken.None));
        Assert.Null(await other.AgainAsync(stored.Sha256, CancellationToken.None));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await other.HoldAsync(stored.Sha256, CancellationToken.None));
        Assert.Equal(0, other.CachedBytes);
    }

    [Fact]
    public async Task A_file_needed_again_is_young_and_stays()
    {
        await using var s3 = new S3(fixture);
        var clock = S3.Now();
        var (store, other) = (s3.Store(out _, clock), s3.Store(out _, clock));
        var stored = await store.WriteAsync(new MemoryStream(Bytes(1000, 13)), CancellationToken.None);
        Assert.Null(await store.DeleteUnlessYoungAsync(stored.Sha256, Youth, CancellationToken.None));
        // Half a youth later it is needed again; whole seconds are all that the server tells.
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        var again = TimeProvider.System.GetUtcNow();
        Assert.Equal(1000, (await other.AgainAsync(stored.Sha256, CancellationToken.None))!.Bytes);
        clock.SetUtcNow(again + Youth - TimeSpan.FromSeconds(1));
        await foreach (var listed in store.ListAsync(CancellationToken.None))
            Assert.True(listed.IsYoung(Youth, clock.GetUtcNow()));

        Assert.Null(await store.DeleteUnlessYoungAsync(stored.Sha256, Youth, CancellationToken.None));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1000, await store.DeleteUnlessYoungAsync(stored.Sha256, Youth, CancellationToken.None));
        Assert.Empty(await s3.FilesAsync());
        Assert.Equal(0, await store.DeleteUnlessYoungAsync(stored.Sha256, Youth, CancellationToken.None));
    }

    [Fact]
    public async Task Who_deletes_looks_once_more_after_saying_so()
    {
        await using var s3 = new S3(fixture);
        var stored = await s3.Store(out _).WriteAsync(new MemoryStream(Bytes(1000, 14)), CancellationToken.None);
        using var bucket = new ArtifactBucket(s3.Options(), TimeProvider.System);
        var looked = 0;

        // The second look is the one that another portal's need is seen by.
        Assert.Null(await bucket.DeleteAsync(stored.Sha256, _ => ++looked > 1, CancellationToken.None));

        Assert.Equal([stored.Sha256], await s3.FilesAsync());
    }

    [Fact]
    public async Task Who_takes_in_what_is_being_deleted_sends_it_again()
    {
        await using var s3 = new S3(fixture);
        var (bytes, sha256) = (Bytes(1000, 15), Hash(Bytes(1000, 15)));
        await s3.PutAsync($".deleting/{sha256}/one", []);

        var taking = s3.Store(out _).WriteAsync(new MemoryStream(bytes), CancellationToken.None);
        await s3.HeardAsync("GET", "list-type=2");
        await s3.DeleteAsync(S3.Key(sha256));
        Assert.False(taking.IsCompleted);
        await s3.PutAsync($".deleting/{sha256}/one.over", []);
        await s3.DeleteAsync($".deleting/{sha256}/one");
        await taking;

        Assert.Equal([sha256], await s3.FilesAsync());
    }

    [Fact]
    public async Task A_listing_has_every_file_beyond_one_page()
    {
        await using var s3 = new S3(fixture);
        var names = Enumerable.Range(0, 1003).Select(k => Hash(BitConverter.GetBytes(k))).ToList();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (name, _) => await s3.PutAsync(S3.Key(name), [1, 2]));
        await s3.PutAsync("ab/no-file-of-ours", [1]);

        var found = new List<ArtifactStore.Found>();
        await foreach (var file in s3.Store(out _).ListAsync(CancellationToken.None))
            found.Add(file);

        Assert.Equal(names.Order(), found.Select(file => file.Sha256).Order());
        Assert.All(found, file => Assert.Equal(2, file.Bytes));
    }

    [Fact]
    public async Task While_the_bucket_is_away_nothing_is_said_to_be_missing_and_copies_serve()
    {
        await using var s3 = new S3(fixture);
        var clock = S3.Now();
        var store = s3.Store(out var folder, clock);
        var copied = await store.WriteAsync(new MemoryStream(Bytes(1000, 16)), CancellationToken.None);
        var elsewhere = await s3.Store(out _).WriteAsync(new MemoryStream(Bytes(1000, 17)), CancellationToken.None);
        clock.Advance(TimeSpan.FromMinutes(1));
        s3.Cut();

        await Assert.ThrowsAsync<BucketAwayException>(() => store.HasAsync(elsewhere.Sha256, CancellationToken.None));
        await Assert.ThrowsAsync<BucketAwayException>(() => store.HoldAsync(elsewhere.Sha256, CancellationToken.None));
        await Assert.ThrowsAsync<BucketAwayException>(() => store.WriteAsync(new MemoryStream(Bytes(1000, 18)), CancellationToken.None));
        Assert.Equal(Bytes(1000, 16), await ReadAsync(store, copied.Sha256));
        Assert.Empty(Directory.EnumerateFiles(folder.Artifacts));

        s3.Mend();
        Assert.Equal(Bytes(1000, 17), await ReadAsync(store, elsewhere.Sha256));
        Assert.False(await store.HasAsync(Hash(Bytes(1000, 18)), CancellationToken.None));
    }

    [Fact]
    public async Task Files_from_before_the_bucket_serve_stay_and_move()
    {
        await using var s3 = new S3(fixture);
        var folder = s3.Folder();
        using (var before = new ArtifactStore(folder, TimeProvider.System, new()))
        {
            await before.WriteAsync(new MemoryStream(Bytes(3000, 19)), CancellationToken.None);
            await before.WriteAsync(new MemoryStream(Bytes(2000, 20)), CancellationToken.None);
        }

        var (good, bad) = (Hash(Bytes(3000, 19)), Hash(Bytes(2000, 20)));
        var store = s3.Store(folder, cacheBytes: 1000);
        await File.WriteAllBytesAsync(store.PathOf(bad), Bytes(2000, 21));
        Assert.Equal(2, store.Waiting().Count());
        Assert.Equal(Bytes(3000, 19), await ReadAsync(store, good));
        await store.WriteAsync(new MemoryStream(Bytes(900, 22)), CancellationToken.None);
        Assert.True(await store.HasAsync(good, CancellationToken.None));

        var move = new ArtifactMove(store, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<ArtifactMove>.Instance);
        using (await store.HoldAsync(good, CancellationToken.None))
            Assert.Equal(2, await move.MoveAsync(CancellationToken.None));
        // What is damaged stays where somebody can look at it, and is nowhere else.
        Assert.Equal(1, await move.MoveAsync(CancellationToken.None));

        Assert.Equal([bad], store.Waiting());
        Assert.Equal(new[] { good, Hash(Bytes(900, 22)) }.Order(), (await s3.FilesAsync()).Order());
        Assert.Equal(Bytes(3000, 19), await ReadAsync(store, good));
        Assert.True(store.CachedBytes <= 1000);
    }

    internal static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static byte[] Bytes(int count, byte seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static async Task<byte[]> ReadAsync(ArtifactStore store, string sha256)
    {
        using var held = await store.HoldAsync(sha256, CancellationToken.None);
        return await File.ReadAllBytesAsync(held!.Path);
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MiniSora.Tests;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Artifacts;

/// <summary>One S3 server for all tests that want one; each has a <see cref="S3"/> of its own.</summary>
public sealed class S3Fixture : IAsyncLifetime
{
    private S3Server? server;

    internal S3Server Server => server ?? throw new InvalidOperationException("It was not started.");

    public async Task InitializeAsync() => server = await S3Server.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class S3Tests : ICollectionFixture<S3Fixture>
{
    public const string Name = "S3";
}

/// <summary>A place in the bucket for one test, on a line that can be cut, held up and listened to.</summary>
internal sealed class S3 : IAsyncDisposable
{
    private readonly S3Server server;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly CancellationTokenSource over = new();
    private readonly List<string> folders = [];
    private readonly List<IDisposable> owned = [];
    private readonly Uri target;
    private volatile TaskCompletionSource? held;
    private volatile bool cut;

    public S3(S3Fixture fixture)
    {
        server = fixture.Server;
        target = new(server.Endpoint);
        listener.Start();
        _ = AcceptAsync();
    }

    public string Prefix { get; } = $"t{Guid.NewGuid():N}/";

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>First lines of the requests.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Settings of a portal that keeps its files here.</summary>
    public (string Name, string Value)[] Settings =>
    [
        ("Artifacts:S3:Bucket", S3Server.Bucket), ("Artifacts:S3:Endpoint", Endpoint), ("Artifacts:S3:Prefix", Prefix),
        ("Artifacts:S3:AccessKey", server.AccessKey), ("Artifacts:S3:SecretKey", server.SecretKey), (Backend.RealNow, ""),
    ];

    public S3Options Options(long cacheBytes = 1 << 30) =>
        new() { Bucket = S3Server.Bucket, Endpoint = Endpoint, Prefix = Prefix, AccessKey = server.AccessKey, SecretKey = server.SecretKey, CacheBytes = cacheBytes };

    /// <summary>A store as another portal on another machine has it.</summary>
    public ArtifactStore Store(out DataFolder folder, TimeProvider? clock = null, long cacheBytes = 1 << 30)
    {
        folder = Folder();
        return Store(folder, clock, cacheBytes);
    }

    public ArtifactStore Store(DataFolder folder, TimeProvider? clock = null, long cacheBytes = 1 << 30)
    {
        var store = new ArtifactStore(folder, clock ?? TimeProvider.System, Options(cacheBytes));
        owned.Add(store);
        return store;
    }

    public DataFolder Folder()
    {
        var folder = new DataFolder(Directory.CreateTempSubdirectory("minisora-s3-test-").FullName);
        folders.Add(folder.Root);
        folder.Create();
        return folder;
    }

    public static FakeTimeProvider Now() => new(TimeProvider.System.GetUtcNow());

    /// <summary>Nobody reaches the server any more, until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        cut = true;
        foreach (var client in open.Keys)
            client.Dispose();
    }

    public void Mend() => cut = false;

    /// <summary>Requests are taken and not passed on, until <see cref="Release"/>.</summary>
    public void Hold() => held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        held?.SetResult();
        held = null;
    }

    /// <summary>What lies in the bucket, without what the test's place is called.</summary>
    public async Task<IReadOnlyList<string>> KeysAsync() =>
        [.. ((await server.Client.ListObjectsV2Async(new() { BucketName = S3Server.Bucket, Prefix = Prefix })).S3Objects ?? []).Select(found => found.Key[Prefix.Length..])];

    /// <summary>Files that lie in the bucket.</summary>
    public async Task<IReadOnlyList<string>> FilesAsync() => [.. (await KeysAsync()).Where(key => key.Length == 67).Select(key => key[3..])];

    public Task PutAsync(string key, byte[] content) =>
        server.Client.PutObjectAsync(new() { BucketName = S3Server.Bucket, Key = Prefix + key, InputStream = new MemoryStream(content), UseChunkEncoding = false });

    public Task DeleteAsync(string key) => server.Client.DeleteObjectAsync(S3Server.Bucket, Prefix + key);

    public static string Key(string sha256) => $"{sha256[..2]}/{sha256}";

    /// <summary>Waits for a request whose first line has these parts.</summary>
    public async Task HeardAsync(params string[] parts)
    {
        for (var tries = 0; !Requests.Any(line => parts.All(part => line.Contains(part, StringComparison.Ordinal))); tries++)
        {
            Assert.True(tries < 600, $"Nobody asked for {string.Join(' ', parts)}.");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        held?.TrySetResult();
        listener.Dispose();
        foreach (var client in open.Keys)
            client.Dispose();
        foreach (var one in owned)
            one.Dispose();
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
        over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(over.Token);
                if (cut)
                    client.Dispose();
                else
                    _ = PassAsync(client);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            open[client] = 0;
            try
            {
                await server.ConnectAsync(target.Host, target.Port, over.Token);
                await Task.WhenAny(CopyAsync(client.GetStream(), server.GetStream(), listen: true), CopyAsync(server.GetStream(), client.GetStream(), listen: false));
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut.
            }

            open.TryRemove(client, out _);
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool listen)
    {
        var buffer = new byte[1 << 16];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, over.Token)) > 0)
            {
                if (listen)
                {
                    var line = Encoding.Latin1.GetString(buffer, 0, Math.Min(read, 400)).Split('\r')[0];
                    if (line.EndsWith(" HTTP/1.1", StringComparison.Ordinal))
                        Requests.Enqueue(line);
                    if (held is { } waiting)
                        await waiting.Task;
                }

                await to.WriteAsync(buffer.AsMemory(0, read), over.Token);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}

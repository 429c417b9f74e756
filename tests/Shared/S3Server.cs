using System.Diagnostics;
using Amazon.Runtime;
using Amazon.S3;

namespace MiniSora.Tests;

/// <summary>
/// A real S3 server over HTTP: s3rver from the npm registry (MIT), on a free port of the loopback address with a folder of its own; installed on first use.
/// <c>MINISORA_TEST_S3=endpoint,accesskey,secret</c> names another one.
/// </summary>
public sealed class S3Server : IAsyncDisposable
{
    /// <summary>The bucket that is there.</summary>
    public const string Bucket = "minisora-tests";

    private readonly Process? process;

    private S3Server(string endpoint, string accessKey, string secretKey, Process? process)
    {
        (Endpoint, AccessKey, SecretKey, this.process) = (endpoint, accessKey, secretKey, process);
        Client = new(new BasicAWSCredentials(accessKey, secretKey), new AmazonS3Config
        {
            ServiceURL = endpoint,
            AuthenticationRegion = "us-east-1",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public string Endpoint { get; }

    public string AccessKey { get; }

    public string SecretKey { get; }

    /// <summary>Somebody else who looks into the bucket.</summary>
    public AmazonS3Client Client { get; }

    public static async Task<S3Server> StartAsync()
    {
        S3Server server;
        if (Environment.GetEnvironmentVariable("MINISORA_TEST_S3")?.Split(',') is [var endpoint, var accessKey, var secretKey])
        {
            server = new(endpoint, accessKey, secretKey, null);
        }
        else
        {
            var package = await NpmPackage.InstalledAsync("s3");
            var data = Directory.CreateTempSubdirectory("minisora-s3-data-").FullName;
            var port = Ports.Free();
            // It leaves with us: its standard input ends when this process does, however that happens.
            var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = package };
            // Its tokens of pages are encrypted with DES, which newer versions of OpenSSL keep for such cases.
            start.ArgumentList.Add("--openssl-legacy-provider");
            start.ArgumentList.Add("-e");
            start.ArgumentList.Add("process.stdin.on('end', () => process.exit()).resume(); new (require('s3rver'))({ address: '127.0.0.1', port: Number(process.argv[1]), directory: process.argv[2], silent: true }).run();");
            start.ArgumentList.Add($"{port}");
            start.ArgumentList.Add(data);
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            server = new($"http://127.0.0.1:{port}", "S3RVER", "S3RVER", process) { Data = data };
        }

        await server.MakeBucketAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (Data is not null)
            Directory.Delete(Data, recursive: true);
    }

    private string? Data { get; init; }

    private async Task MakeBucketAsync()
    {
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                await Client.PutBucketAsync(Bucket);
                return;
            }
            catch (AmazonS3Exception error) when (error.ErrorCode is "BucketAlreadyExists" or "BucketAlreadyOwnedByYou")
            {
                return;
            }
            catch (Exception error) when (error is not AmazonServiceException { StatusCode: not 0 } and not OperationCanceledException && patience.Elapsed < TimeSpan.FromSeconds(60) && process is not { HasExited: true })
            {
                // Not listening yet.
            }
        }
    }
}

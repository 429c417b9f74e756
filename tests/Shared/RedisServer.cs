using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MiniSora.Tests;

/// <summary>A Redis of the distribution's package on a port of its own, which keeps nothing on the disk.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private Process? process;

    private RedisServer()
    {
    }

    public int Port { get; } = Ports.Free();

    /// <summary>Connection string.</summary>
    public string Address => $"127.0.0.1:{Port},connectRetry=10,connectTimeout=500,syncTimeout=5000";

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer();
        await server.RunAsync();
        return server;
    }

    /// <summary>SIGKILL; whatever it held is gone.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task RunAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true };
        foreach (var argument in new[] { "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no" })
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (patience.Elapsed < TimeSpan.FromSeconds(20) && !process.HasExited)
            {
                // Not listening yet.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await KillAsync();
    }
}

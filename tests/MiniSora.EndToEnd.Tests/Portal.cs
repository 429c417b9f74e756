using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace MiniSora.EndToEnd.Tests;

/// <summary>A portal started as its users start it: <c>./start.sh</c> on a free port with a data folder of its own.</summary>
public sealed class Portal : IAsyncDisposable
{
    private readonly StringBuilder output = new();
    private Process? process;

    public Portal(string? dataFolder = null)
    {
        DataFolder = dataFolder ?? Directory.CreateTempSubdirectory("minisora-e2e-").FullName;
        Port = FreePort();
        Http = new HttpClient { BaseAddress = new Uri(Address), Timeout = TimeSpan.FromSeconds(10) };
    }

    public string DataFolder { get; }
    public int Port { get; }
    public string Address => $"http://localhost:{Port}";
    public HttpClient Http { get; }
    public int ProcessId => process?.Id ?? throw new InvalidOperationException("The portal is not running.");

    /// <summary>Settings of the portal, as environment variables.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public string Output
    {
        get { lock (output) { return output.ToString(); } }
    }

    public async Task StartAsync(params string[] options)
    {
        process = Start(Repository.Root, "bash", ["start.sh", "--port", $"{Port}", "--data", DataFolder, "--offline", .. options], output, Settings);
        // The first start publishes the portal; that may take minutes on a busy machine.
        var patience = Stopwatch.StartNew();
        while (patience.Elapsed < TimeSpan.FromMinutes(8))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"start.sh ended with {process.ExitCode}:\n{Output}");
            }
            try
            {
                using var answer = await Http.GetAsync("/");
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }
            await Task.Delay(250);
        }
        throw new TimeoutException($"The portal did not answer:\n{Output}");
    }

    /// <summary>SIGKILL: what a power cut or the out-of-memory killer does.</summary>
    public async Task PullThePlugAsync()
    {
        process!.Kill(entireProcessTree: false);
        await process.WaitForExitAsync();
    }

    public async Task StopAsync()
    {
        if (process is { HasExited: false })
        {
            Signal(process.Id, 15);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"The portal did not leave within 40 s of SIGTERM:\n{Output}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            process?.Dispose();
            Http.Dispose();
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    /// <summary>The run processes (<c>minisora execute</c>) that work on this portal's data.</summary>
    public IReadOnlyList<int> RunProcesses() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, System.Globalization.CultureInfo.InvariantCulture))
            .Where(pid =>
            {
                try
                {
                    // One that waits for a run works in no run's folder.
                    return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains("execute")
                        && new FileInfo($"/proc/{pid}/cwd").LinkTarget?.StartsWith(Path.Combine(DataFolder, "runs"), StringComparison.Ordinal) == true;
                }
                catch (IOException)
                {
                    return false; // it has left meanwhile
                }
            }),
    ];

    public static Process Start(string folder, string program, IEnumerable<string> arguments, StringBuilder output, IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment.Remove("LC_ALL");
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        var process = new Process { StartInfo = start };
        void Append(string? line)
        {
            if (line is not null)
            {
                lock (output) { output.AppendLine(line); }
            }
        }
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public static void Signal(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
        {
            throw new InvalidOperationException($"kill({pid}, {signal}) failed with {Marshal.GetLastPInvokeError()}");
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}

/// <summary>Where this checkout is.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MiniSora.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new DirectoryNotFoundException("MiniSora.sln was not found above the test's folder.");
    }
}

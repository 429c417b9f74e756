using System.Diagnostics;
using System.Globalization;
using MiniSora.Tests;

namespace MiniSora.Soak;

/// <summary>The processes that chaos kills, and how each comes back.</summary>
internal sealed class Victims(Stage stage, PostgresServer? postgres, string queue, int workers) : IAsyncDisposable
{
    private readonly List<(string Data, Process Process)> working = [];
    private int named;

    /// <summary>Starts the workers.</summary>
    public void StartWorkers()
    {
        while (working.Count < workers)
            working.Add(StartWorker(Directory.CreateTempSubdirectory("minisora-soak-worker-").FullName));
    }

    /// <summary>Kills the portal and starts it again.</summary>
    public async Task PortalAsync()
    {
        await stage.KillPortalAsync();
        await stage.StartAsync();
    }

    /// <summary>Kills a worker and starts another in its place, with its folder.</summary>
    public async Task WorkerAsync(int which)
    {
        var (data, process) = working[which % working.Count];
        process.Kill();
        await process.WaitForExitAsync();
        working[which % working.Count] = StartWorker(data);
    }

    /// <summary>Kills one of the run processes; false when there is none.</summary>
    public bool RunProcess(int which)
    {
        var folders = working.Select(worker => worker.Data).Append(stage.DataFolder).ToList();
        var running = Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => IsRunProcess(id, folders)).Order().ToList();
        if (running.Count == 0)
            return false;
        try
        {
            using var process = Process.GetProcessById(running[which % running.Count]);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself in between.
        }

        return true;
    }

    /// <summary>Restarts the database server.</summary>
    public Task PostgresAsync() => postgres?.RestartAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var (data, process) in working)
        {
            process.Kill();
            await process.WaitForExitAsync();
            for (var tries = 0; Directory.Exists(data) && tries < 60; tries++)
            {
                try
                {
                    Directory.Delete(data, recursive: true);
                }
                catch (IOException)
                {
                    await Task.Delay(500);
                }
            }
        }
    }

    private static bool IsRunProcess(int id, List<string> folders)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
            return line.Contains("execute") && line.Any(argument => folders.Any(folder => argument.StartsWith(folder, StringComparison.Ordinal)));
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private (string Data, Process Process) StartWorker(string data)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Stage.Repository(), "artifacts", "bin", "MiniSora.Jobs", "release", "minisora.dll"));
        foreach (var argument in (string[])["worker", "--device", "cpu", "--name", $"soak-{++named}", "--data", data, "--lang", "en"])
            start.ArgumentList.Add(argument);
        (start.Environment["MINISORA_PORTAL"], start.Environment["MINISORA_TOKEN"], start.Environment["MINISORA_STORAGE"]) = (stage.Address.ToString(), stage.WorkerToken, queue);
        (start.Environment["OMP_WAIT_POLICY"], start.Environment["GOMP_SPINCOUNT"]) = ("PASSIVE", "0");
        var process = Process.Start(start)!;
        stage.Listen(process);
        return (data, process);
    }
}

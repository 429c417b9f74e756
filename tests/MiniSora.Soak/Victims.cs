using System.Diagnostics;
using MiniSora.Tests;

namespace MiniSora.Soak;

/// <summary>The processes that chaos kills, and how each comes back.</summary>
internal sealed class Victims(Stage stage, PostgresServer? postgres, string queue, int workers) : IAsyncDisposable
{
    private readonly List<(string Data, Process Process)> working = [];
    // Beside them; a worker that was started again has a new one.
    private readonly List<string> names = [];
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
        names[which % working.Count] = names[^1];
        names.RemoveAt(names.Count - 1);
    }

    /// <summary>Kills a worker and the run processes it started, for good, as when its machine goes away.</summary>
    public async Task KillWorkerAsync(string name)
    {
        var (data, process) = working[names.IndexOf(name)];
        process.Kill();
        foreach (var child in Stage.RunProcesses([data]))
            Process.GetProcessById(child).Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Kills one of the run processes; false when there is none.</summary>
    public bool RunProcess(int which)
    {
        var running = Stage.RunProcesses([.. working.Select(worker => worker.Data), stage.DataFolder]);
        if (running.Count == 0)
            return false;
        Stage.Kill(running[which % running.Count]);
        return true;
    }

    /// <summary>Restarts the database server.</summary>
    public Task PostgresAsync() => postgres?.RestartAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var (data, process) in working)
        {
            if (!process.HasExited)
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

    private (string Data, Process Process) StartWorker(string data)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Stage.Repository(), "artifacts", "bin", "MiniSora.Jobs", "release", "minisora.dll"));
        names.Add($"soak-{++named}");
        foreach (var argument in (string[])["worker", "--device", "cpu", "--name", names[^1], "--data", data, "--lang", "en"])
            start.ArgumentList.Add(argument);
        (start.Environment["MINISORA_PORTAL"], start.Environment["MINISORA_TOKEN"], start.Environment["MINISORA_STORAGE"]) = (stage.Address.ToString(), stage.WorkerToken, queue);
        (start.Environment["OMP_WAIT_POLICY"], start.Environment["GOMP_SPINCOUNT"]) = ("PASSIVE", "0");
        var process = Process.Start(start)!;
        stage.Listen(process);
        return (data, process);
    }
}

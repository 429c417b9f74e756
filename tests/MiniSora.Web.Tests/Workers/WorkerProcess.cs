using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace MiniSora.Web.Tests.Workers;

/// <summary><c>minisora worker</c> as an operator starts it, with a folder of its own.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("minisora-worker-");
    private readonly StringBuilder output = new();

    public WorkerProcess(string portal, string token, string queue, string name)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "minisora")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["worker", "--portal", portal, "--storage", queue, "--device", "cpu", "--name", name, "--data", data.FullName, "--lang", "en"])
            start.ArgumentList.Add(argument);
        start.Environment["MINISORA_TOKEN"] = token;
        start.Environment["OMP_NUM_THREADS"] = "1";
        Process = Process.Start(start)!;
        Process.OutputDataReceived += (_, line) => Append(line.Data);
        Process.ErrorDataReceived += (_, line) => Append(line.Data);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    public Process Process { get; }

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    public void Terminate() => Assert.Equal(0, Kill(Process.Id, 15));

    public void Dispose()
    {
        Process.Kill();
        Process.WaitForExit();
        Process.Dispose();
        // Its child may still be writing its last checkpoint.
        for (var tries = 0; data.Exists && tries < 100; tries++)
        {
            try
            {
                data.Delete(recursive: true);
                data.Refresh();
            }
            catch (IOException)
            {
                Thread.Sleep(200);
            }
        }
    }

    private void Append(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int processId, int signal);
}

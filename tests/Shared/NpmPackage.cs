using System.Diagnostics;

namespace MiniSora.Tests;

/// <summary>Servers from the npm registry that tests use: folders of tests/Shared with a lock file.</summary>
internal static class NpmPackage
{
    /// <summary>The folder of a package with what it needs: npm ci once; several test processes may come at the same time.</summary>
    public static async Task<string> InstalledAsync(string name)
    {
        var package = Path.Combine(Repository(), "tests", "Shared", name);
        await using var one = await LockAsync(Path.Combine(Path.GetTempPath(), $"minisora-test-{name}.lock"));
        var stamp = Path.Combine(package, "node_modules", ".installed");
        var wanted = await File.ReadAllTextAsync(Path.Combine(package, "package-lock.json"));
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
            return package;
        var start = new ProcessStartInfo("npm") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = package };
        foreach (var argument in (string[])["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            start.ArgumentList.Add(argument);
        using var npm = Process.Start(start)!;
        var said = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync();
        if (npm.ExitCode != 0)
            throw new InvalidOperationException($"npm ci in {package} ended with {npm.ExitCode}:\n{string.Join('\n', said)}");
        await File.WriteAllTextAsync(stamp, wanted);
        return package;
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MiniSora.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run it from inside the repository.");
        return folder;
    }
}

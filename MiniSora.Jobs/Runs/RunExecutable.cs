using System.Diagnostics;
using MiniSora.Model.Native;

namespace MiniSora.Jobs.Runs;

/// <summary>Finds the program of run processes and the environment it works best in.</summary>
internal static class RunExecutable
{
    public static ProcessStartInfo Command(RunProcessOptions options)
    {
        var start = Find(options.Executable ?? System.Environment.GetEnvironmentVariable("MINISORA_EXECUTABLE"));
        // glibc and libgomp read these when a process starts, so the child cannot set them for itself.
        foreach (var (name, value) in TorchRuntime.RecommendedEnvironment(options.Threads))
            start.Environment.TryAdd(name, value);
        if (options.DataFolder is { } data)
            start.Environment["MINISORA_DATA"] = data;
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
        return start;
    }

    private static ProcessStartInfo Find(string? named)
    {
        if (named is not null)
            return named.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? Managed(named) : new ProcessStartInfo(named);
        var host = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "minisora.exe" : "minisora");
        if (File.Exists(host))
            return new ProcessStartInfo(host);
        var library = Path.ChangeExtension(host, ".dll");
        return File.Exists(library)
            ? Managed(library)
            : throw new FileNotFoundException($"The run program is not beside this one ({host}). MINISORA_EXECUTABLE can name it.", host);
    }

    private static ProcessStartInfo Managed(string library)
    {
        var start = new ProcessStartInfo(System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet");
        start.ArgumentList.Add(library);
        return start;
    }
}

using System.Runtime.InteropServices;
using TorchSharp;

namespace MiniSora.Model.Native;

/// <summary>How libtorch's wrapper came into this process.</summary>
public enum NativeLoadMode
{
    /// <summary>The shipped file loads as it is.</summary>
    AsShipped,

    /// <summary>The system's libstdc++ is older than the wrapper asks for: an edited private copy was loaded.</summary>
    PrivateCopy,
}

/// <summary>
/// Loads libtorch, on systems with an older libstdc++ too (see <see cref="WrapperPatch"/>), and sets what must be set before.
/// Call <see cref="EnsureLoaded"/> before the first use of any torch type.
/// </summary>
public static partial class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static NativeLoadMode? mode;

    /// <summary>How the library was loaded, or null before <see cref="EnsureLoaded"/>.</summary>
    public static NativeLoadMode? Mode => mode;

    /// <summary>Loads libtorch once per process; further calls cost nothing. Throws <see cref="NativeLoadException"/> with what to do.</summary>
    public static void EnsureLoaded()
    {
        if (mode is not null) return;
        lock (Gate)
        {
            mode ??= OperatingSystem.IsLinux() ? LoadOnLinux() : NativeLoadMode.AsShipped;
        }
    }

    /// <summary>
    /// Environment for a process that will run torch with <paramref name="threads"/> threads. glibc's allocator reads its part when a
    /// process starts, so whoever starts the process must set these; the rest <see cref="EnsureLoaded"/> sets itself when missing.
    /// Without the MALLOC lines outputs above 32 MB are mapped and unmapped by every operation (up to 3 times slower);
    /// without PASSIVE two processes on the same cores slow each other down 7 times instead of 3.
    /// </summary>
    public static IReadOnlyDictionary<string, string> RecommendedEnvironment(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return new Dictionary<string, string>(BeforeLoading)
        {
            ["OMP_NUM_THREADS"] = threads.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["MALLOC_MMAP_MAX_"] = "0",
            ["MALLOC_TRIM_THRESHOLD_"] = "100000000000",
            ["MALLOC_TOP_PAD_"] = "67108864",
            ["MALLOC_ARENA_MAX"] = "1",
        };
    }

    /// <summary>What libgomp and libtorch read when they are loaded. The log level keeps "NNPACK … Unsupported hardware" out of run logs.</summary>
    private static readonly Dictionary<string, string> BeforeLoading = new()
    {
        ["OMP_WAIT_POLICY"] = "PASSIVE",
        ["GOMP_SPINCOUNT"] = "0",
        ["TORCH_CPP_LOG_LEVEL"] = "ERROR",
    };

    private static NativeLoadMode LoadOnLinux()
    {
        foreach (var (name, value) in BeforeLoading)
        {
            // .NET keeps its own copy of the environment, so native code would not see Environment.SetEnvironmentVariable.
            if (SetNativeEnvironment(name, value, 0) != 0) throw new NativeLoadException($"setenv({name}) failed.");
        }

        // libtorch.so brings what belongs to it (libtorch_cuda too, where present) from its own folder; the wrapper then
        // finds it by name, wherever the wrapper itself lies.
        LoadOrExplain(Find("libtorch.so"));
        ReadLogLevel();
        var loaded = LoadWrapper(WrapperPath(), PrivateCopy.DefaultCache(), out var handle);
        NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => name == "LibTorchSharp" ? handle : 0);
        return loaded;
    }

    /// <summary>
    /// Only Python's entry point reads <c>TORCH_CPP_LOG_LEVEL</c>; a C++ program is meant to call <c>c10::initLogging()</c> (no arguments).
    /// A libtorch without it would print its warnings, no more.
    /// </summary>
    private static unsafe void ReadLogLevel()
    {
        if (NativeLibrary.TryGetExport(LoadOrExplain(Find("libc10.so")), "_ZN3c1011initLoggingEv", out var initLogging))
            ((delegate* unmanaged<void>)initLogging)();
    }

    /// <summary>Where TorchSharp's wrapper library was shipped to.</summary>
    internal static string WrapperPath() => Find("libLibTorchSharp.so");

    internal static NativeLoadMode LoadWrapper(string wrapper, string cache, out nint handle)
    {
        try
        {
            handle = NativeLibrary.Load(wrapper);
            return NativeLoadMode.AsShipped;
        }
        catch (DllNotFoundException refused) when (refused.Message.Contains(WrapperPatch.NeededVersion, StringComparison.Ordinal))
        {
            handle = LoadCopy(wrapper, cache);
            return NativeLoadMode.PrivateCopy;
        }
        catch (DllNotFoundException refused)
        {
            throw new NativeLoadException($"{wrapper} does not load: {refused.Message}", refused);
        }
    }

    /// <summary>The edited copy from the cache; from a folder of its own, gone after loading, where the cache cannot be written.</summary>
    internal static nint LoadCopy(string wrapper, string cache)
    {
        try
        {
            return LoadOrExplain(PrivateCopy.Ensure(wrapper, cache));
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            var folder = Directory.CreateTempSubdirectory("minisora-native-");
            try
            {
                return LoadOrExplain(PrivateCopy.Ensure(wrapper, folder.FullName));
            }
            finally
            {
                // A loaded library keeps its file; nothing is left behind.
                folder.Delete(recursive: true);
            }
        }
    }

    private static nint LoadOrExplain(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException refused)
        {
            throw new NativeLoadException($"{path} does not load: {refused.Message}", refused);
        }
    }

    private static string Find(string file)
    {
        var folders = NativeFolders();
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists) ?? throw new NativeLoadException(
            $"{file} is not beside the program. MiniSora runs on 64-bit x86 Linux with the package libtorch-cpu-linux-x64, or TorchSharp-cuda-linux (-p:TorchBackend=cuda); rebuild with ./start.sh. Searched: {string.Join(", ", folders)}");
    }

    private static List<string> NativeFolders()
    {
        var folders = new List<string>();
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string searched)
            folders.AddRange(searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        folders.Add(AppContext.BaseDirectory);
        folders.Add(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"));
        return folders.Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).Distinct().ToList();
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeEnvironment(string name, string value, int overwrite);
}

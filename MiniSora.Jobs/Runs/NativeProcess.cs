using System.Runtime.InteropServices;

namespace MiniSora.Jobs.Runs;

/// <summary>The two calls that .NET has no method for.</summary>
internal static partial class NativeProcess
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to leave. False when it is gone already.</summary>
    public static bool Terminate(int processId) => Kill(processId, SigTerm) == 0;

    /// <summary>Ends this process without finalizers or exit handlers: for a watchdog, when native code does not return.</summary>
    public static void ExitAtOnce(int code) => Exit(code);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}

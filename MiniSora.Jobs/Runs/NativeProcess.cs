using System.Runtime.InteropServices;

namespace MiniSora.Jobs.Runs;

/// <summary>The calls that .NET has no method for.</summary>
internal static partial class NativeProcess
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to leave. False when it is gone already.</summary>
    public static bool Terminate(int processId) => Kill(processId, SigTerm) == 0;

    /// <summary>Ends this process without finalizers or exit handlers: for a watchdog, when native code does not return.</summary>
    public static void ExitAtOnce(int code) => Exit(code);

    /// <summary>
    /// The standard output for one writer alone: whatever else writes to file descriptor 1 from now on, native code included,
    /// comes out at standard error instead of in the middle of a line.
    /// </summary>
    public static Stream TakeOutput()
    {
        // A duplicate of the descriptor, which no child of this process inherits.
        var output = Console.OpenStandardOutput();
        if (!OperatingSystem.IsWindows() && Duplicate(2, 1) < 0)
            throw new IOException("Standard output could not be redirected.");
        return output;
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}

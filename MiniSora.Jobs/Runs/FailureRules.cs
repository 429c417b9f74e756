using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>What kind of failure ended an attempt.</summary>
public enum FailureClass
{
    /// <summary>The memory of the device or the machine did not suffice.</summary>
    OutOfMemory,

    /// <summary>The loss stopped being a number.</summary>
    Diverged,

    /// <summary>The data did not come, or somebody else held it.</summary>
    DataStall,

    /// <summary>The process or its worker went away.</summary>
    LostWorker,

    /// <summary>A disk was full.</summary>
    DiskFull,

    /// <summary>The machine lacks something that runs need.</summary>
    Machine,

    /// <summary>What was asked for cannot be done as it was asked.</summary>
    Request,

    /// <summary>A fault of the software, or one that nobody has named yet.</summary>
    Software,
}

/// <summary>What follows from a failure.</summary>
public enum FailureRemedy
{
    /// <summary>Offers the same run with half as many clips at a time. Never by itself: the same again would fail again.</summary>
    HalveBatch,

    /// <summary>Offers to go on from the last good checkpoint with half the learning rate.</summary>
    LowerRate,

    /// <summary>Tries again by itself, later each time, a few times.</summary>
    TryAgain,

    /// <summary>Offers to go on: the queue starts nothing before there is room.</summary>
    WaitForRoom,

    /// <summary>Offers the form, to change what was asked for.</summary>
    ChangeSettings,

    /// <summary>Shows the last lines of the log and offers the same again.</summary>
    Retry,
}

/// <summary>A line of the table that failures are classified by.</summary>
/// <param name="Codes">It matches these codes of <see cref="RunFailed"/>; empty: every one.</param>
/// <param name="ExitCode">Only for a process that ended so; null for any.</param>
public sealed record FailureRule(FailureClass Class, FailureRemedy Remedy, IReadOnlyList<string> Codes, int? ExitCode = null)
{
    /// <summary>How long the first automatic try waits; each further one four times as long.</summary>
    public TimeSpan FirstPause { get; init; }

    /// <summary>Whether a run goes on by itself.</summary>
    public bool IsAutomatic => Remedy == FailureRemedy.TryAgain;

    /// <summary>How long the n-th try in a row waits, n from 1.</summary>
    public TimeSpan Pause(int n) => FirstPause * Math.Pow(4, n - 1);
}

/// <summary>The table: the first line that matches decides. The page /admin/rules shows it as it is.</summary>
public static class FailureRules
{
    /// <summary>Exit code of a process that was killed: by the system when memory ran out, if nobody else did it.</summary>
    internal const int Killed = 137;

    private static readonly FailureRule[] Named =
    [
        new(FailureClass.OutOfMemory, FailureRemedy.HalveBatch, ["out_of_memory"]),
        new(FailureClass.OutOfMemory, FailureRemedy.HalveBatch, ["process_lost", "process_died"], Killed),
        new(FailureClass.LostWorker, FailureRemedy.TryAgain, ["process_lost", "process_died"]) { FirstPause = TimeSpan.FromSeconds(5) },
        new(FailureClass.Diverged, FailureRemedy.LowerRate, ["diverged"]),
        new(FailureClass.DataStall, FailureRemedy.TryAgain, ["data_stall", "dataset_busy", "folder_busy", "download_failed"]) { FirstPause = TimeSpan.FromSeconds(30) },
        new(FailureClass.DiskFull, FailureRemedy.WaitForRoom, ["disk_full"]),
        new(FailureClass.Machine, FailureRemedy.Retry, ["device_missing", "native_library", "arithmetic", "ffmpeg_missing", "npm_missing", "download_broken", "download_offline", "fixtures"]),
        new(FailureClass.Software, FailureRemedy.Retry, ["software"]),
    ];

    /// <summary>Every line, in order; the last one matches everything.</summary>
    public static IReadOnlyList<FailureRule> All { get; } =
    [
        .. Named,
        // A failure with a code of its own that no other line names is about what was asked for.
        new(FailureClass.Request, FailureRemedy.ChangeSettings, [.. RunFailure.Codes.Except(Named.SelectMany(rule => rule.Codes)).Order(StringComparer.Ordinal)]),
        new(FailureClass.Software, FailureRemedy.Retry, []),
    ];

    /// <summary>The line for a failure.</summary>
    public static FailureRule Of(string code, IReadOnlyDictionary<string, string> arguments)
    {
        int? exit = int.TryParse(arguments.GetValueOrDefault("exitCode") ?? arguments.GetValueOrDefault("exit"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        return All.First(rule => (rule.Codes.Count == 0 || rule.Codes.Contains(code)) && (rule.ExitCode is null || rule.ExitCode == exit));
    }
}

using System.Globalization;
using MiniSora.Model.Datasets;
using MiniSora.Model.Media;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Training;
using MiniSora.Model.Verification;
using MiniSora.Model.Weights;
using MiniSora.Model.Weights.Import;

namespace MiniSora.Jobs.Runs;

/// <summary>A failure that has a code of its own, raised by the handlers themselves.</summary>
internal sealed class RunFailureException(string code, string message, params (string Name, string Value)[] arguments) : Exception(message)
{
    public string Code { get; } = code;

    public IReadOnlyList<(string Name, string Value)> Arguments { get; } = arguments;

    /// <summary>Path of the checkpoint that a spec names, by hash among the inputs, else as a file or folder; throws when there is none.</summary>
    public static string RequireCheckpoint(RunContext context, string checkpoint)
    {
        var path = context.Inputs.GetValueOrDefault(checkpoint) ?? CheckpointShelf.Find(checkpoint);
        return path is not null && File.Exists(path)
            ? path
            : throw new RunFailureException("checkpoint_missing", $"There is no checkpoint at {checkpoint}.", ("checkpoint", checkpoint));
    }
}

/// <summary>Names what went wrong: stable codes that the portal and the command line explain in the reader's language.</summary>
public static class RunFailure
{
    // errno of writes on a full disk: no space, quota, file-size limit.
    private static readonly int[] FullDisk = [28, 122, 27];

    /// <summary>Every code of <see cref="RunFailed"/>; each has a text <c>failure.{code}</c> and an advice in every language.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        .. ((string[])
        [
            "out_of_memory", "diverged", "checkpoint_corrupt", "checkpoint_missing", "checkpoint_version", "checkpoint_mismatch", "disk_full", "arithmetic",
            "native_library", "device_missing", "folder_busy", "fixtures", "spec_invalid", "process_died", "process_lost", "clips_differ", "software", "weights", "pretrained",
            "features_missing", "features_unfit", "clips_too_short", "start_unfit",
        ])
            .Union(DatasetErrors.All).Union(MediaErrors.All).Union(SamplingException.Codes).Union(ImportException.Codes),
    ];

    /// <summary>The event for an exception that ended a run.</summary>
    public static RunFailed From(Exception error) => error switch
    {
        RunFailureException known => Failed(known.Code, error, [.. known.Arguments]),
        AggregateException { InnerExceptions: [var inner] } => From(inner),
        DivergedException diverged => Failed("diverged", error, ("step", diverged.Step.ToString(CultureInfo.InvariantCulture))),
        DatasetException dataset => Failed(Known(dataset.Code), error, [.. Numbered(dataset.Arguments), ("dataset", First(dataset.Arguments))]),
        MediaException media => Failed(Known(media.Code), error, [.. Numbered(media.Arguments), ("file", First(media.Arguments))]),
        SamplingException unfit => Failed(unfit.Code, error, [.. unfit.Arguments.Select(pair => (pair.Key, pair.Value))]),
        CheckpointException { Code: "checkpoint_mismatch" or "checkpoint_version" } unfit => Failed(unfit.Code, error),
        CheckpointException or SafeTensorsException => Failed("checkpoint_corrupt", error),
        ImportException import => Failed(import.Code, error, [.. import.Arguments.Select(pair => (pair.Key, pair.Value))]),
        PretrainedException => Failed("pretrained", error),
        WeightFileException => Failed("weights", error),
        FixtureException => Failed("fixtures", error),
        NativeLoadException => Failed("native_library", error),
        FolderBusyException busy => Failed("folder_busy", error, ("folder", busy.Folder)),
        _ when IsFullDisk(error) => Failed("disk_full", error),
        _ when IsOutOfMemory(error) => Failed("out_of_memory", error),
        _ when error.Message.Contains("CUDA did not initialise", StringComparison.Ordinal) => Failed("device_missing", error, ("device", "cuda")),
        _ => Failed("software", error),
    };

    /// <summary>Whether a write failed because there was no room.</summary>
    internal static bool IsFullDisk(Exception error) =>
        (error is IOException io && FullDisk.Contains(io.HResult & 0xFFFF))
        || error is MediaException { Code: MediaErrors.DiskFull } or DatasetException { Code: DatasetErrors.DiskFull }
        || (error.InnerException is { } inner && IsFullDisk(inner));

    // libtorch throws its own allocator's words through an ExternalException.
    private static bool IsOutOfMemory(Exception error) =>
        error is OutOfMemoryException
        || error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    private static string Known(string code) => Codes.Contains(code) ? code : "software";

    private static string First(IReadOnlyList<string> arguments) => arguments.Count > 0 ? arguments[0] : "";

    private static IEnumerable<(string Name, string Value)> Numbered(IReadOnlyList<string> arguments) =>
        arguments.Select((value, index) => (index.ToString(CultureInfo.InvariantCulture), value));

    private static RunFailed Failed(string code, Exception error, params (string Name, string Value)[] arguments)
    {
        var named = arguments.ToDictionary(pair => pair.Name, pair => pair.Value);
        named.TryAdd("detail", error.Message);
        return new RunFailed(code, error.Message, named);
    }
}

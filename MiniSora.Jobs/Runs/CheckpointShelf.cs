using System.Globalization;

namespace MiniSora.Jobs.Runs;

/// <summary>The checkpoints of a training run: the two newest are kept, so that a damaged one costs one interval and not the run.</summary>
internal sealed class CheckpointShelf(string folder)
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Suffix = ".safetensors";

    /// <summary>Path of the checkpoint after a step.</summary>
    public string PathOf(long step) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}{Suffix}"));

    /// <summary>Existing checkpoints, the newest first.</summary>
    public IReadOnlyList<string> NewestFirst() =>
        !Directory.Exists(folder) ? [] :
        [
            .. Directory.EnumerateFiles(folder, Prefix + "*" + Suffix)
                .Select(path => (Path: path, Step: StepOf(path)))
                .Where(file => file.Step is not null)
                .OrderByDescending(file => file.Step)
                .Select(file => file.Path),
        ];

    /// <summary>Removes what a process that died while writing left behind.</summary>
    public void Tidy()
    {
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder).Where(path => StepOf(path) is null && !path.EndsWith(".damaged", StringComparison.Ordinal)))
            File.Delete(path);
    }

    /// <summary>Puts a checkpoint that cannot be read out of the way; it is kept for whoever wants to look at it.</summary>
    public static void SetAside(string path) => File.Move(path, path + ".damaged", overwrite: true);

    /// <summary>Deletes all but the newest. Called after a checkpoint is complete, never before.</summary>
    public void Prune()
    {
        foreach (var path in NewestFirst().Skip(Kept))
            File.Delete(path);
    }

    /// <summary>
    /// The checkpoint that somebody means: a file; a run's folder or its <c>checkpoints</c> folder, of which the newest. Null when there is none.
    /// </summary>
    public static string? Find(string fileOrFolder)
    {
        if (File.Exists(fileOrFolder))
            return Path.GetFullPath(fileOrFolder);
        var inRun = new CheckpointShelf(new RunFolder(Path.GetFullPath(fileOrFolder)).Checkpoints).NewestFirst();
        var inside = new CheckpointShelf(Path.GetFullPath(fileOrFolder)).NewestFirst();
        return inRun.Concat(inside).FirstOrDefault();
    }

    private static long? StepOf(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
    }
}

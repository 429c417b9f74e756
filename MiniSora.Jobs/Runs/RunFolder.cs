using System.Text.Json;

namespace MiniSora.Jobs.Runs;

/// <summary>Where a run's files lie. The folder outlives its attempts.</summary>
/// <param name="Root">Absolute path.</param>
public sealed record RunFolder(string Root)
{
    /// <summary>The canonical spec.</summary>
    public string SpecFile => Path.Combine(Root, "spec.yaml");

    /// <summary>SHA-256 to absolute path of the files that the spec names.</summary>
    public string InputsFile => Path.Combine(Root, "inputs.json");

    /// <summary>Log lines of all attempts.</summary>
    public string LogFile => Path.Combine(Root, "log.txt");

    /// <summary>Checkpoints, <c>step-00000400.safetensors</c>.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>Previews of a training run; pictures of a sampling run's clips on their way.</summary>
    public string Previews => Path.Combine(Root, "previews");

    /// <summary>Results of a sampling run.</summary>
    public string Videos => Path.Combine(Root, "videos");

    /// <summary>Path of a file below the root with forward slashes, as artifacts report it.</summary>
    public string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Makes the folder and writes what a run process reads first. An unchanged spec is left alone.</summary>
    public void Prepare(string specYaml, IReadOnlyDictionary<string, string> inputs)
    {
        Directory.CreateDirectory(Root);
        WriteWhole(SpecFile, specYaml);
        WriteWhole(InputsFile, JsonSerializer.Serialize(inputs));
    }

    /// <summary>The inputs; none when there is no such file.</summary>
    public IReadOnlyDictionary<string, string> ReadInputs() =>
        File.Exists(InputsFile) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(InputsFile)) ?? [] : new Dictionary<string, string>();

    private static void WriteWhole(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text)
            return;
        // A reader sees the old file or the new one: a process may die between the two lines.
        File.WriteAllText(path + ".tmp", text);
        File.Move(path + ".tmp", path, overwrite: true);
    }
}

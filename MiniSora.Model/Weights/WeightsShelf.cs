using System.Text.Json;
using System.Text.RegularExpressions;
using MiniSora.Model.Autoencoders.Kl;

namespace MiniSora.Model.Weights;

/// <summary>What a folder of imported weights is for.</summary>
public enum WeightsUse
{
    /// <summary>A KL autoencoder.</summary>
    Kl,

    /// <summary>Stage A of Stable Cascade.</summary>
    StageA,

    /// <summary>A T5 encoder with its tokenizer.</summary>
    T5,
}

/// <summary>What a folder of weights says about itself, read without libtorch.</summary>
/// <param name="Use">What it is for.</param>
/// <param name="Downsample">Pixels per latent cell; 0 for a text encoder.</param>
/// <param name="Channels">Latent channels, or the width of text features.</param>
public sealed record WeightsDescription(WeightsUse Use, int Downsample, int Channels);

/// <summary>
/// Frozen networks that runs may use: folders with <c>config.json</c> and weights, by name in <c>weights/</c> of the data folder. A name cannot
/// lead out of it, so members of a portal may type one.
/// </summary>
public static partial class WeightsShelf
{
    /// <summary>The class that our stage A folders name in their <c>config.json</c>.</summary>
    internal const string StageAClass = "MiniSoraStageA";

    /// <summary>Where weights of a data folder lie.</summary>
    public static string FolderIn(string dataFolder) => Path.Combine(dataFolder, "weights");

    /// <summary>Whether a text is a name and no path: lower-case letters, digits, dots, hyphens and underscores, 80 at most.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>The folder that a name means; a path only where <paramref name="paths"/> are allowed. Null when there is none.</summary>
    public static string? Find(string dataFolder, string nameOrPath, bool paths)
    {
        if (IsName(nameOrPath) && Path.Combine(FolderIn(dataFolder), nameOrPath) is var inside && File.Exists(Path.Combine(inside, "config.json")))
            return inside;
        return paths && nameOrPath.Length > 0 && File.Exists(Path.Combine(nameOrPath, "config.json")) ? Path.GetFullPath(nameOrPath) : null;
    }

    /// <summary>Names of what is there, in order.</summary>
    public static IReadOnlyList<string> Names(string dataFolder) => !Directory.Exists(FolderIn(dataFolder)) ? [] :
        [.. Directory.EnumerateDirectories(FolderIn(dataFolder)).Where(folder => File.Exists(Path.Combine(folder, "config.json"))).Select(folder => Path.GetFileName(folder)!).Where(IsName).Order(StringComparer.Ordinal)];

    /// <summary>What a folder holds by its <c>config.json</c>; null when that cannot be read or is for something else.</summary>
    public static WeightsDescription? Describe(string folder)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
            return Describe(json.RootElement);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or JsonException or NotSupportedException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static WeightsDescription? Describe(JsonElement config)
    {
        if (config.ValueKind != JsonValueKind.Object)
            return null;
        var name = config.TryGetProperty("_class_name", out var text) ? text.GetString() : null;
        if (name == StageAClass)
            return new(WeightsUse.StageA, 1 << config.GetProperty("levels").GetInt32(), config.GetProperty("latent").GetInt32());
        if (config.TryGetProperty("block_out_channels", out _) && config.TryGetProperty("latent_channels", out _))
        {
            var options = KlOptions.FromConfig(config);
            return new(WeightsUse.Kl, options.Downsample, (int)options.LatentChannels);
        }

        return config.TryGetProperty("d_model", out var width) ? new(WeightsUse.T5, 0, width.GetInt32()) : null;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,79}\z")]
    private static partial Regex Name();
}

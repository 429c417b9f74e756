using System.Text.Json;
using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;

namespace MiniSora.Model.Verification;

/// <summary>Networks from the constructor arguments of the originals, under their names.</summary>
internal static class NetworkConfig
{
    /// <summary>Arguments of DiT or SiT; <paramref name="conditional"/> false when the weights have no label table.</summary>
    public static DiTOptions DiT(JsonElement config, bool conditional = true)
    {
        var defaults = new DiTOptions();
        return new DiTOptions
        {
            InputSize = Int(config, "input_size", defaults.InputSize),
            PatchSize = Int(config, "patch_size", defaults.PatchSize),
            InChannels = Int(config, "in_channels", defaults.InChannels),
            HiddenSize = Int(config, "hidden_size", defaults.HiddenSize),
            Depth = Int(config, "depth", defaults.Depth),
            NumHeads = Int(config, "num_heads", defaults.NumHeads),
            MlpRatio = Number(config, "mlp_ratio", defaults.MlpRatio),
            ClassDropoutProb = Number(config, "class_dropout_prob", defaults.ClassDropoutProb),
            NumClasses = conditional ? Int(config, "num_classes", defaults.NumClasses) : 0,
            LearnSigma = Flag(config, "learn_sigma", defaults.LearnSigma),
        };
    }

    /// <summary>A whole number, or the default where the argument is absent or null.</summary>
    public static int Int(JsonElement config, string name, int otherwise) => (int)Number(config, name, otherwise);

    /// <summary>A number, or the default.</summary>
    public static double Number(JsonElement config, string name, double otherwise) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    /// <summary>True or false, or the default.</summary>
    public static bool Flag(JsonElement config, string name, bool otherwise) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : otherwise;

    /// <summary>Three whole numbers: frames, rows, columns.</summary>
    public static PatchSize Size(JsonElement config, string name)
    {
        var sizes = config.GetProperty(name).EnumerateArray().Select(value => value.GetInt32()).ToList();
        return new PatchSize(sizes[0], sizes[1], sizes[2]);
    }
}

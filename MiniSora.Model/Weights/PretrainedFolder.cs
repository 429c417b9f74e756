using System.Text.Json;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Weights;

/// <summary>
/// A folder as Hugging Face's libraries write it: <c>config.json</c> and weights, either one safetensors file or shards that
/// <c>….safetensors.index.json</c> lists. Opens every file and checks its header; tensors are read when asked for.
/// </summary>
internal sealed class PretrainedFolder : IDisposable
{
    private readonly List<SafeTensorsFile> files = [];
    private readonly Dictionary<string, SafeTensorsFile> places = [];
    private readonly JsonDocument config;

    /// <param name="folder">The folder.</param>
    /// <param name="weights">Names the file of weights may have, without <c>.safetensors</c>: <c>model</c>, <c>diffusion_pytorch_model</c>.</param>
    /// <exception cref="PretrainedException">A file is missing or not what it should be.</exception>
    public PretrainedFolder(string folder, params IReadOnlyList<string> weights)
    {
        config = Json(Path.Combine(folder, "config.json"));
        try
        {
            foreach (var path in Files(folder, weights))
            {
                var file = SafeTensors.Open(path);
                files.Add(file);
                foreach (var name in file.Entries.Keys)
                    places[name] = file;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Content of <c>config.json</c>; valid as long as this object.</summary>
    public JsonElement Config => config.RootElement;

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => places.Keys;

    /// <summary>Shape of a tensor; it must exist.</summary>
    public IReadOnlyList<long> Shape(string name) => places[name].Require(name).Shape;

    /// <summary>A copy of one tensor on the processor in the file's type; the caller owns it.</summary>
    public torch.Tensor Read(string name) => places[name].Read(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
        config.Dispose();
    }

    private static IReadOnlyList<string> Files(string folder, IReadOnlyList<string> weights)
    {
        foreach (var name in weights)
        {
            var single = Path.Combine(folder, $"{name}.safetensors");
            if (File.Exists(single))
                return [single];
            var index = single + ".index.json";
            if (File.Exists(index))
                return Shards(folder, index);
        }

        throw new PretrainedException($"{folder} has no {string.Join(" or ", weights.Select(name => $"{name}.safetensors"))} and no index of shards of that name; files in PyTorch's pickle format are not read");
    }

    private static IReadOnlyList<string> Shards(string folder, string index)
    {
        using var json = Json(index);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new PretrainedException($"{index} has no weight_map");
        List<string> names = [.. map.EnumerateObject().Select(item => item.Value.GetString() ?? "").Distinct().Order(StringComparer.Ordinal)];
        foreach (var name in names)
        {
            // An index from a stranger must not lead out of its folder.
            if (name.Length == 0 || Path.GetFileName(name) != name)
                throw new PretrainedException($"{index} names a shard outside its folder: {name}");
            if (!File.Exists(Path.Combine(folder, name)))
                throw new PretrainedException($"{folder} lacks the shard {name}");
        }

        return [.. names.Select(name => Path.Combine(folder, name))];
    }

    private static JsonDocument Json(string path)
    {
        if (!File.Exists(path))
            throw new PretrainedException($"{path} is missing");
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException wrong)
        {
            throw new PretrainedException($"{path} is no JSON: {wrong.Message}");
        }
    }
}

/// <summary>A folder of published weights cannot be used; the message says why.</summary>
public sealed class PretrainedException(string message) : Exception(message)
{
    /// <summary><paramref name="stored"/>, when it has the shape of <paramref name="spec"/>; else throws and says both.</summary>
    internal static Tensor Fitting(ParameterSpec spec, Tensor stored) => stored.shape.SequenceEqual(spec.Shape)
        ? stored
        : throw new PretrainedException($"{spec.Name} is [{string.Join(", ", stored.shape)}], expected [{string.Join(", ", spec.Shape)}]");
}

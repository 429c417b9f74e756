using System.Text.Json;
using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;

namespace MiniSora.Model.Verification;

/// <summary>
/// Layouts of published networks: our own presets of that kind, else a network of the sizes that the shapes tell, must have exactly these names,
/// shapes and this number of parameters.
/// </summary>
internal static class CascadeLayouts
{
    public static void Run(Fixture fixture, Comparison comparison)
    {
        foreach (var network in fixture.Json.EnumerateObject())
        {
            var shapes = network.Value.GetProperty("state_dict").EnumerateObject().ToDictionary(item => item.Name, item => Shape(item.Value));
            long? count = network.Value.TryGetProperty("params", out var given) ? given.GetInt64() : null;
            List<string>? differences = null;
            foreach (var candidate in Candidates(shapes))
            {
                differences = Differences(candidate(), shapes, count);
                if (differences.Count == 0)
                    break;
            }

            comparison.Require(differences is { Count: 0 }, $"{network.Name}: {(differences is null ? "no network of this kind is known" : string.Join("; ", differences.Take(5)))}");
        }
    }

    /// <summary>Names and shapes that differ, and the count.</summary>
    internal static List<string> Differences(ParameterLayout layout, IReadOnlyDictionary<string, long[]> shapes, long? count)
    {
        var ours = layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);
        List<string> result = [];
        result.AddRange(ours.Keys.Except(shapes.Keys).Select(name => $"we have {name}"));
        result.AddRange(shapes.Keys.Except(ours.Keys).Where(name => !layout.IsBatchCounter(name)).Select(name => $"we lack {name}"));
        result.AddRange(ours.Where(pair => shapes.TryGetValue(pair.Key, out var shape) && !shape.SequenceEqual(pair.Value))
            .Select(pair => $"{pair.Key} is [{string.Join(", ", pair.Value)}], expected [{string.Join(", ", shapes[pair.Key])}]"));
        if (count is { } wanted && wanted != layout.ParameterCount)
            result.Add($"{layout.ParameterCount} parameters, expected {wanted}");
        return result;
    }

    private static long[] Shape(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(size => size.GetInt64())]
        : Shape(value.GetProperty("shape"));

    private static List<Func<ParameterLayout>> Candidates(IReadOnlyDictionary<string, long[]> shapes)
    {
        if (shapes.ContainsKey("clip_txt_pooled_mapper.weight"))
            return [() => new StageC(StageCOptions.Lite).Layout, () => new StageC(StageCOptions.Large).Layout, () => new StageC(CascadeShapes.StageC(shapes)).Layout];
        if (shapes.ContainsKey("effnet_mapper.0.weight"))
            return [() => new StageB(StageBOptions.Lite).Layout, () => new StageB(StageBOptions.Large).Layout, () => new StageB(CascadeShapes.StageB(shapes)).Layout];
        if (shapes.ContainsKey("vquantizer.codebook.weight"))
            return [() => new StageA(new StageAOptions()).Layout, () => new StageA(CascadeShapes.StageA(shapes)).Layout];
        if (shapes.ContainsKey("mapper.1.running_mean"))
            return [() => new EfficientEncoder(EfficientOptions.Small).Layout, () => new EfficientEncoder(CascadeShapes.Efficient(shapes), (int)shapes["mapper.0.weight"][0]).Layout];
        if (shapes.ContainsKey("blocks.24.weight"))
            return [() => new Previewer((int)shapes["blocks.0.weight"][1], (int)shapes["blocks.0.weight"][0], (int)shapes["blocks.24.weight"][0]).Layout];
        if (shapes.ContainsKey("encoder.0.weight_orig"))
            return [() => new Discriminator(CascadeShapes.Discriminator(shapes)).Layout];
        return [];
    }
}

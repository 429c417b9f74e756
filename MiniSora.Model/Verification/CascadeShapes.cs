using System.Globalization;
using MiniSora.Model.Cascade;

namespace MiniSora.Model.Verification;

/// <summary>Reads the sizes of a Stable Cascade network off the names and shapes of its state dict.</summary>
internal static class CascadeShapes
{
    public static StageAOptions StageA(IReadOnlyDictionary<string, long[]> shapes)
    {
        var levels = 1 + shapes.Count(pair => pair.Key.StartsWith("down_blocks.", StringComparison.Ordinal) && pair.Value.Length == 4 && pair.Value[2] == 4);
        var hidden = (int)shapes["up_blocks.0.0.weight"][0];
        var bottleneck = shapes.Count(pair => pair.Key.StartsWith("up_blocks.", StringComparison.Ordinal) && pair.Key.EndsWith(".channelwise.2.bias", StringComparison.Ordinal) && pair.Value[0] == hidden);
        var codebook = shapes["vquantizer.codebook.weight"];
        return new StageAOptions(levels, bottleneck, hidden, (int)codebook[1], (int)codebook[0]);
    }

    public static StageBOptions StageB(IReadOnlyDictionary<string, long[]> shapes)
    {
        var unet = Unet(shapes, new LevelScaling.Strided());
        return new StageBOptions(
            unet, (int)shapes["clip_mapper.weight"][1], (int)shapes["clip_mapper.weight"][0] / unet.Condition, (int)shapes["effnet_mapper.0.weight"][1], (int)shapes["pixels_mapper.0.weight"][1]);
    }

    public static StageCOptions StageC(IReadOnlyDictionary<string, long[]> shapes)
    {
        var levels = Children(shapes, "down_blocks.").Count();
        var unet = Unet(shapes, new LevelScaling.Interpolated([.. Enumerable.Repeat(false, levels)]));
        return new StageCOptions(
            unet, (int)shapes["clip_txt_mapper.weight"][1], (int)shapes["clip_txt_pooled_mapper.weight"][1], (int)shapes["clip_img_mapper.weight"][1],
            (int)shapes["clip_img_mapper.weight"][0] / unet.Condition);
    }

    public static EfficientOptions Efficient(IReadOnlyDictionary<string, long[]> shapes)
    {
        var stages = Children(shapes, "backbone.").ToList();
        var rows = new List<EfficientRow>();
        foreach (var stage in stages.Skip(1).SkipLast(1))
        {
            var block = $"backbone.{stage}.0.block.";
            var first = shapes[$"{block}0.0.weight"];
            var steps = Children(shapes, block).Last();
            var fused = !shapes.ContainsKey($"{block}2.fc1.weight") && !shapes.ContainsKey($"{block}1.fc1.weight");
            var output = (int)shapes[$"{block}{steps}.0.weight"][0];
            var expand = fused && steps == 0 ? 1 : (double)first[0] / first[1];
            var kernel = (int)(fused ? first[2] : shapes[$"{block}{steps - 2}.0.weight"][2]);
            rows.Add(new EfficientRow(fused, expand, kernel, 1, (int)first[1], output, Children(shapes, $"backbone.{stage}.").Count()));
        }

        return new EfficientOptions(rows, (int)shapes[$"backbone.{stages[^1]}.0.weight"][0], (int)shapes["backbone.0.0.weight"][1]);
    }

    public static DiscriminatorOptions Discriminator(IReadOnlyDictionary<string, long[]> shapes)
    {
        var layers = Children(shapes, "encoder.").ToList();
        var hidden = (int)shapes[$"encoder.{layers[^1]}.weight_orig"][0];
        return new DiscriminatorOptions((int)shapes["encoder.0.weight_orig"][1], (int)shapes["shuffle.weight"][1] - hidden, hidden, layers.Count);
    }

    private static UnetOptions Unet(IReadOnlyDictionary<string, long[]> shapes, LevelScaling scaling)
    {
        var count = Children(shapes, "down_blocks.").Count();
        List<int> hidden = [(int)shapes["embedding.1.weight"][0]];
        for (var i = 1; i < count; i++)
            hidden.Add((int)(shapes.TryGetValue($"down_downscalers.{i}.1.weight", out var strided) ? strided : shapes[$"down_downscalers.{i}.1.blocks.0.weight"])[0]);
        string Letters(string level) => string.Concat(Children(shapes, level).Select(j => Letter(shapes, $"{level}{j}.")));
        var letters = Enumerable.Range(0, count).Select(i => (Down: Letters($"down_blocks.{i}."), Up: Letters($"up_blocks.{count - 1 - i}."))).ToList();
        var patterns = letters.Select(way => Pattern(way.Down, way.Up)).ToList();
        var time = shapes.First(pair => pair.Key.EndsWith(".mapper.weight", StringComparison.Ordinal));
        var conditions = shapes.Keys.Where(name => name.StartsWith($"{time.Key[..^".mapper.weight".Length]}.mapper_", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal))
            .Select(name => name[(name.LastIndexOf('_') + 1)..^".weight".Length]);
        var attention = shapes.FirstOrDefault(pair => pair.Key.EndsWith(".kv_mapper.1.weight", StringComparison.Ordinal));
        var embedding = shapes["embedding.1.weight"];
        return new UnetOptions
        {
            // Patch and channels are one number in the shapes; so is every split of it.
            In = (int)embedding[1],
            Out = (int)shapes["clf.1.weight"][0],
            Hidden = hidden,
            Heads = [.. Enumerable.Repeat(1, count)],
            Down = [.. letters.Select((way, i) => way.Down.Length / patterns[i].Length)],
            Up = [.. letters.Select((way, i) => way.Up.Length / patterns[i].Length).Reverse()],
            DownRepeats = [.. Enumerable.Range(0, count).Select(i => 1 + Children(shapes, $"down_repeat_mappers.{i}.").Count())],
            UpRepeats = [.. Enumerable.Range(0, count).Select(i => 1 + Children(shapes, $"up_repeat_mappers.{i}.").Count())],
            Levels = patterns,
            Dropout = [.. Enumerable.Repeat(0.0, count)],
            SelfAttention = [.. Enumerable.Repeat(true, count)],
            Condition = attention.Value is null ? 1 : (int)attention.Value[1],
            TimeFeatures = (int)time.Value[1],
            TimeConditions = [.. conditions],
            Kernel = (int)shapes.First(pair => pair.Key.EndsWith(".depthwise.weight", StringComparison.Ordinal)).Value[2],
            Scaling = scaling,
        };
    }

    private static char Letter(IReadOnlyDictionary<string, long[]> shapes, string block) =>
        shapes.ContainsKey($"{block}depthwise.weight") ? 'C'
        : shapes.ContainsKey($"{block}mapper.weight") ? 'T'
        : shapes.ContainsKey($"{block}kv_mapper.1.weight") ? 'A'
        : 'F';

    /// <summary>The shortest pattern that both ways repeat.</summary>
    private static string Pattern(string down, string up)
    {
        for (var length = 1; length < down.Length; length++)
        {
            var pattern = down[..length];
            if (Repeats(pattern, down) && Repeats(pattern, up))
                return pattern;
        }

        return down;
    }

    private static bool Repeats(string pattern, string text) =>
        text.Length % pattern.Length == 0 && text == string.Concat(Enumerable.Repeat(pattern, text.Length / pattern.Length));

    /// <summary>Numbers that follow a prefix, ascending.</summary>
    private static IEnumerable<int> Children(IReadOnlyDictionary<string, long[]> shapes, string prefix) => shapes.Keys
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => int.Parse(name[prefix.Length..].Split('.')[0], CultureInfo.InvariantCulture)).Distinct().Order();
}

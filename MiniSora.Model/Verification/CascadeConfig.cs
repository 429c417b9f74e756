using System.Text.Json;
using MiniSora.Model.Cascade;

namespace MiniSora.Model.Verification;

/// <summary>Constructor arguments of the original Stable Cascade modules, by their own names, to our options.</summary>
internal static class CascadeConfig
{
    public static StageAOptions StageA(JsonElement config) => new(
        Int(config, "levels", 2), Int(config, "bottleneck_blocks", 12), Int(config, "c_hidden", 384), Int(config, "c_latent", 4),
        Int(config, "codebook_size", 8192), Number(config, "scale_factor", 0.43));

    public static StageBOptions StageB(JsonElement config) => new(
        Unet(config, new LevelScaling.Strided(), StageBOptions.Large.Unet),
        Int(config, "c_clip", 1280), Int(config, "c_clip_seq", 4), Int(config, "c_effnet", 16), Int(config, "c_pixels", 3));

    public static StageCOptions StageC(JsonElement config)
    {
        IReadOnlyList<bool> switches = config.TryGetProperty("switch_level", out var given) && given.ValueKind == JsonValueKind.Array
            ? [.. given.EnumerateArray().Select(item => item.GetBoolean())]
            : [false];
        return new StageCOptions(
            Unet(config, new LevelScaling.Interpolated(switches), StageCOptions.Large.Unet),
            Int(config, "c_clip_text", 1280), Int(config, "c_clip_text_pooled", 1280), Int(config, "c_clip_img", 768), Int(config, "c_clip_seq", 4));
    }

    public static EfficientOptions Efficient(JsonElement config)
    {
        if (!config.TryGetProperty("setting", out var setting) || setting.ValueKind != JsonValueKind.Array)
            return EfficientOptions.Small with { Last = Int(config, "last_channel", 1280) };
        return new EfficientOptions(
            [.. setting.EnumerateArray().Select(row => new EfficientRow(
                row[0].GetString() == "F", row[1].GetDouble(), row[2].GetInt32(), row[3].GetInt32(), row[4].GetInt32(), row[5].GetInt32(), row[6].GetInt32()))],
            Int(config, "last_channel", 1280));
    }

    public static ControlOptions Control(JsonElement config) => new(
        Int(config, "c_in", 3), Int(config, "c_proj", 2048), Ints(config, "proj_blocks", []),
        (config.TryGetProperty("bottleneck_mode", out var mode) ? mode.GetString() : null) switch
        {
            "simple" => new ControlBottleneck.Simple(),
            "large" => new ControlBottleneck.Large(),
            "effnet" or null => new ControlBottleneck.Efficient(Efficient(config)),
            var other => throw new FixtureException($"bottleneck_mode {other} is unknown"),
        });

    public static int Int(JsonElement config, string name, int otherwise) => (int)Number(config, name, otherwise);

    public static double Number(JsonElement config, string name, double otherwise) =>
        config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    private static UnetOptions Unet(JsonElement config, LevelScaling scaling, UnetOptions defaults)
    {
        var hidden = Ints(config, "c_hidden", defaults.Hidden);
        var (down, up) = Pair(config, "blocks", (defaults.Down, defaults.Up));
        var ones = Enumerable.Repeat(1, hidden.Count).ToArray();
        var (downRepeats, upRepeats) = Pair(config, "block_repeat", (ones, ones));
        return new UnetOptions
        {
            In = Int(config, "c_in", defaults.In),
            Out = Int(config, "c_out", defaults.Out),
            Patch = Int(config, "patch_size", defaults.Patch),
            Hidden = hidden,
            Heads = Ints(config, "nhead", defaults.Heads),
            Down = down,
            Up = up,
            DownRepeats = downRepeats,
            UpRepeats = upRepeats,
            Levels = Each(config, "level_config", hidden.Count, item => item.GetString()!, defaults.Levels),
            Dropout = Each(config, "dropout", hidden.Count, item => item.GetDouble(), defaults.Dropout),
            SelfAttention = Each(config, "self_attn", hidden.Count, item => item.GetBoolean(), defaults.SelfAttention),
            Condition = Int(config, "c_cond", defaults.Condition),
            TimeFeatures = Int(config, "c_r", 64),
            TimeConditions = Each(config, "t_conds", 0, item => item.GetString()!, defaults.TimeConditions),
            Kernel = Int(config, "kernel_size", 3),
            Scaling = scaling,
        };
    }

    private static IReadOnlyList<int> Ints(JsonElement config, string name, IReadOnlyList<int> otherwise) => Each(config, name, otherwise.Count, item => item.GetInt32(), otherwise);

    /// <summary>A list, or one value for all <paramref name="count"/> levels.</summary>
    private static IReadOnlyList<T> Each<T>(JsonElement config, string name, int count, Func<JsonElement, T> read, IReadOnlyList<T> otherwise)
    {
        if (!config.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return otherwise;
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(read)] : [.. Enumerable.Repeat(read(value), count)];
    }

    private static (IReadOnlyList<int> Down, IReadOnlyList<int> Up) Pair(JsonElement config, string name, (IReadOnlyList<int>, IReadOnlyList<int>) otherwise) =>
        config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? ([.. value[0].EnumerateArray().Select(item => item.GetInt32())], [.. value[1].EnumerateArray().Select(item => item.GetInt32())])
            : otherwise;
}

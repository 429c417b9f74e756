namespace MiniSora.Model.Cascade;

/// <summary>
/// Sizes of the U-shaped network that stages B and C share. Lists have one element per level, shallowest first, except that the lists
/// of the way up are written deepest level first, as the original writes them.
/// </summary>
internal sealed record UnetOptions
{
    /// <summary>Channels that come in.</summary>
    public required int In { get; init; }

    /// <summary>Channels that go out.</summary>
    public required int Out { get; init; }

    /// <summary>Side of the patches that pixel unshuffling folds into channels.</summary>
    public int Patch { get; init; } = 1;

    /// <summary>Channels per level.</summary>
    public required IReadOnlyList<int> Hidden { get; init; }

    /// <summary>Attention heads per level; without meaning (−1 in the original) where a level has no attention.</summary>
    public required IReadOnlyList<int> Heads { get; init; }

    /// <summary>How often the level's letters are repeated on the way down.</summary>
    public required IReadOnlyList<int> Down { get; init; }

    /// <summary>The same on the way up, deepest level first.</summary>
    public required IReadOnlyList<int> Up { get; init; }

    /// <summary>How often the same blocks run one after another on the way down, a 1×1 convolution in between.</summary>
    public required IReadOnlyList<int> DownRepeats { get; init; }

    /// <summary>The same on the way up, deepest level first.</summary>
    public required IReadOnlyList<int> UpRepeats { get; init; }

    /// <summary>Letters of each level: C, T, A, F (<see cref="UnetBlock"/>).</summary>
    public required IReadOnlyList<string> Levels { get; init; }

    /// <summary>Dropout per level.</summary>
    public required IReadOnlyList<double> Dropout { get; init; }

    /// <summary>Whether the level's attention sees the pixels too, not the condition tokens alone.</summary>
    public required IReadOnlyList<bool> SelfAttention { get; init; }

    /// <summary>Width of the condition tokens, c_cond.</summary>
    public required int Condition { get; init; }

    /// <summary>Features of one embedded number, c_r.</summary>
    public int TimeFeatures { get; init; } = 64;

    /// <summary>Names of further numbers embedded like the noise level: sca, crp.</summary>
    public IReadOnlyList<string> TimeConditions { get; init; } = [];

    /// <summary>Side of the depthwise kernels.</summary>
    public int Kernel { get; init; } = 3;

    /// <summary>How neighbouring levels differ in resolution.</summary>
    public required LevelScaling Scaling { get; init; }

    /// <summary>Heads of the attention over frames; 0 leaves those layers out (the original network, for images).</summary>
    public int TemporalHeads { get; init; }

    /// <summary>Blocks on the way up of level <paramref name="level"/>, counted from the shallowest.</summary>
    public int UpAt(int level) => Up[^(level + 1)];

    /// <summary>Runs of the blocks on the way up of level <paramref name="level"/>.</summary>
    public int UpRepeatsAt(int level) => UpRepeats[^(level + 1)];

    /// <summary>Throws <see cref="ArgumentException"/> that names the first list of the wrong length or the unknown letter.</summary>
    public void Check()
    {
        void Length(string name, int count)
        {
            if (count != Hidden.Count)
                throw new ArgumentException($"{name} has {count} elements, expected one per level ({Hidden.Count})");
        }

        Length("nhead", Heads.Count);
        Length("blocks[0]", Down.Count);
        Length("blocks[1]", Up.Count);
        Length("block_repeat[0]", DownRepeats.Count);
        Length("block_repeat[1]", UpRepeats.Count);
        Length("level_config", Levels.Count);
        Length("dropout", Dropout.Count);
        Length("self_attn", SelfAttention.Count);
        if (Scaling is LevelScaling.Interpolated interpolated && interpolated.Switches.Count < Hidden.Count - 1)
            throw new ArgumentException($"switch_level has {interpolated.Switches.Count} elements, expected one between any two levels ({Hidden.Count - 1})");
    }
}

/// <summary>How neighbouring levels differ in resolution.</summary>
internal abstract record LevelScaling
{
    /// <summary>Stage B: a 2×2 convolution of stride 2 down, a transposed one up.</summary>
    public sealed record Strided : LevelScaling;

    /// <summary>
    /// Stage C: a 1×1 convolution, and where the switch between two levels is on a bilinear resize (corners aligned) by 2, after it on the
    /// way down and before it on the way up.
    /// </summary>
    public sealed record Interpolated(IReadOnlyList<bool> Switches) : LevelScaling;
}

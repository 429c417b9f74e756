using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// The U-shaped network of stages B and C (Stability-AI/StableCascade, modules/stage_b.py and stage_c.py): patches, levels down, levels up
/// with skips, output. Conditions are made by the stages. Keys <c>embedding.1</c>, <c>down_blocks.i.j</c>, <c>down_downscalers.i.1</c>,
/// <c>down_repeat_mappers.i.k</c>, the same for up with i = 0 the deepest level, <c>clf.1</c>; with attention over frames also
/// <c>temporal_down.i.j</c> and <c>temporal_up.i.j</c>, one behind every repetition j of a level's letters.
/// </summary>
internal sealed class CascadeUnet
{
    private readonly UnetOptions options;
    private readonly Convolution embedding;
    private readonly List<Level> down = [];
    private readonly List<Level> up = [];
    private readonly Convolution output;

    public CascadeUnet(ParameterLayout layout, UnetOptions options)
    {
        options.Check();
        this.options = options;
        var patch = options.Patch * options.Patch;
        embedding = new Convolution(layout, "embedding.1", options.In * patch, options.Hidden[0], Kernel.Point, Initial.Xavier, 0.02);
        var deepest = options.Hidden.Count - 1;
        for (var i = 0; i <= deepest; i++)
            down.Add(new Level(layout, options, "down", i, i, options.Down[i], options.DownRepeats[i], false, i > 0 ? LevelScale.Down(layout, options, i) : null));
        for (var i = deepest; i >= 0; i--)
            up.Add(new Level(layout, options, "up", deepest - i, i, options.UpAt(i), options.UpRepeatsAt(i), i < deepest, i > 0 ? LevelScale.Up(layout, options, i) : null));
        output = new Convolution(layout, "clf.1", options.Hidden[0], options.Out * patch, Kernel.Point, Initial.Zero);
    }

    /// <summary>Image [B, C_in, H, W] to the first level's activations [B, C, H/p, W/p], before any condition is added.</summary>
    public Tensor Embed(ParameterViews w, Tensor x) =>
        ChannelNorm.Apply(embedding.Forward(w, options.Patch == 1 ? x : nn.functional.pixel_unshuffle(x, options.Patch)));

    /// <summary>
    /// Activations of <see cref="Embed"/> to the prediction [B, C_out, H, W]. <paramref name="control"/>: added (resized) before the k-th block of
    /// letter C, counted down, then up, repetitions included; null elements and blocks beyond its end get nothing.
    /// <paramref name="frames"/>: how many consecutive elements of the batch are frames of one clip.
    /// </summary>
    public Tensor Forward(ParameterViews w, Tensor x, BlockContext context, IReadOnlyList<Tensor?>? control = null, long frames = 1)
    {
        var controls = control is null ? null : new Queue<Tensor?>(control);
        var outputs = new Stack<Tensor>();
        foreach (var level in down)
        {
            x = level.Scale?.Forward(w, x) ?? x;
            x = level.Run(w, x, context, null, controls, frames);
            outputs.Push(x);
        }

        outputs.Pop();
        foreach (var level in up)
        {
            // The deepest level begins where the way down ended: nothing to skip to.
            x = level.Run(w, x, context, level == up[0] ? null : outputs.Pop(), controls, frames);
            x = level.Scale?.Forward(w, x) ?? x;
        }

        var result = output.Forward(w, ChannelNorm.Apply(x));
        return options.Patch == 1 ? result : nn.functional.pixel_shuffle(result, options.Patch);
    }

    /// <summary>The blocks of one level in one direction.</summary>
    private sealed class Level
    {
        private readonly List<UnetBlock> blocks = [];
        private readonly List<Convolution> repeats = [];
        private readonly List<TemporalAttention> temporal = [];
        private readonly int letters;

        public Level(ParameterLayout layout, UnetOptions options, string way, int index, int level, int count, int runs, bool skips, LevelScale? scale)
        {
            Scale = scale;
            var width = options.Hidden[level];
            letters = options.Levels[level].Length;
            for (var repetition = 0; repetition < count; repetition++)
            {
                for (var letter = 0; letter < letters; letter++)
                {
                    var skip = skips && repetition == 0 && letter == 0 ? width : 0;
                    blocks.Add(Block(layout, options, $"{way}_blocks.{index}.{blocks.Count}", level, options.Levels[level][letter], skip));
                }

                if (options.TemporalHeads > 0)
                    temporal.Add(new TemporalAttention(layout, $"temporal_{way}.{index}.{repetition}", width, options.TemporalHeads));
            }

            for (var run = 0; run < runs - 1; run++)
                repeats.Add(new Convolution(layout, $"{way}_repeat_mappers.{index}.{run}", width, width, Kernel.Point, Initial.Xavier));
        }

        /// <summary>Before the level on the way down, behind it on the way up.</summary>
        public LevelScale? Scale { get; }

        public Tensor Run(ParameterViews w, Tensor x, BlockContext context, Tensor? skip, Queue<Tensor?>? controls, long frames)
        {
            for (var run = 0; run <= repeats.Count; run++)
            {
                for (var i = 0; i < blocks.Count; i++)
                {
                    var skipped = i == 0 && blocks[i] is ConvBlock ? skip : null;
                    if (skipped is not null)
                        x = Bilinear.Resize(x, skipped.shape[2], skipped.shape[3]);
                    if (blocks[i] is ConvBlock && controls is not null && controls.TryDequeue(out var control) && control is not null)
                        x = x.Plus(Bilinear.Resize(control, x.shape[2], x.shape[3]));
                    x = blocks[i].Forward(w, x, context, skipped);
                    if (frames > 1 && temporal.Count > 0 && i % letters == letters - 1)
                        x = temporal[i / letters].Forward(w, x, frames);
                }

                if (run < repeats.Count)
                    x = repeats[run].Forward(w, x);
            }

            return x;
        }

        private static UnetBlock Block(ParameterLayout layout, UnetOptions options, string name, int level, char letter, int skip)
        {
            var width = options.Hidden[level];
            var dropout = options.Dropout[level];
            // The sum of all residual branches keeps its size whatever the depth.
            var gain = Math.Sqrt(1.0 / options.Down.Sum());
            return letter switch
            {
                'C' => new ConvBlock(layout, name, width, skip, options.Kernel, dropout, gain),
                'T' => new TimeBlock(layout, name, width, options.TimeFeatures, options.TimeConditions),
                'A' => new CrossBlock(layout, name, width, options.Condition, options.Heads[level], options.SelfAttention[level], dropout),
                'F' => new FeedForwardBlock(layout, name, width, dropout, gain),
                _ => throw new ArgumentException($"level_config has the letter {letter}, known are C, T, A and F"),
            };
        }
    }
}

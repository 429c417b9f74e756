using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>Sizes of the small video encoder.</summary>
/// <param name="Width">D.</param>
/// <param name="Depth">Blocks, in turn over space and over time.</param>
/// <param name="Heads">K.</param>
public sealed record EncoderSize(int Width, int Depth, int Heads);

/// <summary>
/// The small video encoder whose features our own distances use: a transformer over tubes of 2 frames of 8 × 8 pixels, attention over
/// space and over time in turn (as Latte's blocks, without conditions), trained to tell the four attributes of moving shapes. Its features
/// know motion: frames in a wrong order or standing still are far from real, which a network of single pictures would not see.
/// </summary>
internal sealed class VideoEncoder
{
    /// <summary>Size of the clips it sees; others are brought to it.</summary>
    public const int Frames = 16, Side = 32;

    private const int TubeFrames = 2, TubeSide = 8;
    private const int Times = Frames / TubeFrames, Places = Side / TubeSide * (Side / TubeSide);
    private static readonly int[] Classes = [Enum.GetValues<ShapeKind>().Length, Enum.GetValues<ShapeColour>().Length, Enum.GetValues<ShapeSize>().Length, Enum.GetValues<ShapeMotion>().Length];

    private readonly Dense embed;
    private readonly int places, times;
    private readonly List<Block> blocks;
    private readonly AffineNorm last;
    private readonly Dense[] heads;

    public VideoEncoder(EncoderSize size)
    {
        Layout = new ParameterLayout();
        embed = new Dense(Layout, "embed", TubeFrames * 3 * TubeSide * TubeSide, size.Width, hidden: false);
        places = Layout.Add("position.space", [1, 1, Places, size.Width], Start.SmallNormal);
        times = Layout.Add("position.time", [1, Times, 1, size.Width], Start.SmallNormal);
        blocks = [.. Enumerable.Range(0, size.Depth).Select(index => new Block(Layout, $"blocks.{index}", size, index % 2 == 0 ? TokenAxis.Space : TokenAxis.Time))];
        last = new AffineNorm(Layout, "norm", size.Width);
        heads = [.. Classes.Select((count, index) => new Dense(Layout, $"heads.{index}", 2 * size.Width, count, hidden: false))];
        FeatureWidth = 2 * size.Width;
    }

    /// <summary>Parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Numbers in a clip's features.</summary>
    public int FeatureWidth { get; }

    /// <summary>Features [B, 2 D] of clips [B, 16, 3, 32, 32] in [−1, 1]: the mean over the first and over the second half of the frames.</summary>
    public Tensor Features(ParameterViews w, Tensor clips)
    {
        var batch = clips.shape[0];
        // A tube is a patch of as many channels as its frames have together.
        var tubes = Patches.Split(clips.reshape(batch, Times, TubeFrames * 3, Side, Side), TubeSide);
        var x = embed.Forward(w, tubes).Plus(w[places]).Plus(w[times]); // [B, F, S, D]
        foreach (var block in blocks)
            x = block.Forward(w, x);
        var mean = last.Forward(w, x).view(batch, 2, Times / 2 * Places, x.shape[3]).mean([2]);
        return mean.reshape(batch, FeatureWidth);
    }

    /// <summary>Scores of shape, colour, size and motion: [B, classes] each.</summary>
    public Tensor[] Attributes(ParameterViews w, Tensor features) => [.. heads.Select(head => head.Forward(w, features))];

    private sealed class Block(ParameterLayout layout, string name, EncoderSize size, TokenAxis axis)
    {
        private readonly AffineNorm norm1 = new(layout, $"{name}.norm1", size.Width);
        private readonly SelfAttention attention = new(layout, $"{name}.attn", size.Width, size.Heads);
        private readonly AffineNorm norm2 = new(layout, $"{name}.norm2", size.Width);
        private readonly FeedForward mlp = new(layout, $"{name}.mlp", size.Width, 4 * size.Width);

        public Tensor Forward(ParameterViews w, Tensor x)
        {
            x = x.Plus(attention.Forward(w, norm1.Forward(w, x).contiguous(), axis));
            return x.Plus(mlp.Forward(w, norm2.Forward(w, x)));
        }
    }
}

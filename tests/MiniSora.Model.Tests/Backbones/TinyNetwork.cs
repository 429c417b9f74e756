using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

/// <summary>A backbone of a few thousand parameters with its flat buffer.</summary>
internal sealed class TinyNetwork
{
    public const int Channels = 4;
    public static readonly BackboneOptions Options = new() { Width = 32, Depth = 2, Heads = 2, Patch = 2, TextLength = 8, TextDepth = 1 };

    public MiniSoraBackbone Network { get; }

    public static Vocabulary Vocabulary { get; } = new(["a", "red", "circle", "moves"]);

    public Tensor Flat { get; }

    /// <param name="trained">Adds noise, so that nothing is zero any more.</param>
    /// <param name="options">Its settings; null: <see cref="Options"/>.</param>
    public TinyNetwork(bool trained, BackboneOptions? options = null)
    {
        Network = new MiniSoraBackbone(options ?? Options, Channels, Vocabulary.Size);
        Flat = Network.Layout.Initialise(1);
        if (trained)
            Flat.add_(0.1 * randn(Flat.shape, generator: new Generator(2, CPU)));
    }

    public ParameterViews Views => new(Network.Layout, Flat, float32);

    public Tensor Velocity(Tensor latents, float[,] times, params string[] captions)
    {
        using var _ = no_grad();
        var text = TextBatch.From([.. captions.Select(caption => Vocabulary.Encode(caption, Options.TextLength))], CPU);
        return Network.Forward(Views, latents, FrameTimes.From(times), text);
    }

    public static Tensor Latents(int batch, int frames, ulong seed = 7, int size = 4) =>
        randn([batch, frames, Channels, size, size], generator: new Generator(seed, CPU));

    public static float[,] Times(params float[][] rows)
    {
        var times = new float[rows.Length, rows[0].Length];
        for (var b = 0; b < rows.Length; b++)
            for (var f = 0; f < rows[b].Length; f++)
                times[b, f] = rows[b][f];
        return times;
    }
}

using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Benchmarks;

/// <summary>A network to be timed, with inputs of its usual size.</summary>
/// <param name="Name">As in the papers.</param>
/// <param name="Layout">Its parameters.</param>
/// <param name="Batch">Clips or images.</param>
/// <param name="ForwardFlops">Floating-point operations of a forward pass of the batch, two a multiply-accumulate (models.md §6.1).</param>
/// <param name="Inputs">Makes the inputs on a device, in the order of a reference module's arguments.</param>
/// <param name="Forward">Weights and inputs to the output.</param>
internal sealed record BenchmarkNetwork(
    string Name, ParameterLayout Layout, int Batch, double ForwardFlops, Func<Device, Tensor[]> Inputs, Func<ParameterViews, Tensor[], Tensor> Forward)
{
    private const string Tiny = "tiny";
    private const int LatentEdge = 32;
    private const int LatteFrames = 16;

    /// <summary>What is timed when nothing else is asked for.</summary>
    public static IReadOnlyList<string> Default { get; } = [Tiny, "DiT-S/2", "Latte-S/2"];

    /// <summary>Every name there is.</summary>
    public static IReadOnlyList<string> Names { get; } = [Tiny, .. DiTPresets.Names, .. LattePresets.Names];

    /// <summary>By name; throws for one that is none of <see cref="Names"/>.</summary>
    public static BenchmarkNetwork Named(string name) =>
        name == Tiny ? OfTiny() : name.StartsWith("Latte", StringComparison.Ordinal) ? OfLatte(name) : OfDiT(name);

    /// <summary>The network of the shipped recipes tiny-shapes and tiny-emoji: 32 clips of 16 frames at 32 pixels, linear codec.</summary>
    private static BenchmarkNetwork OfTiny()
    {
        const int Batch = 32, Frames = 8, Channels = 32, Edge = 8, Words = 360;
        var options = new BackboneOptions { TemporalPatch = Frames, TextUse = TextUse.Pooled, LocalWidth = 64, LocalDepth = 3 };
        var network = new MiniSoraBackbone(options, Channels, Words);
        var tokens = Edge / options.Patch * (Edge / options.Patch);
        var tokenLength = (double)Frames * options.Patch * options.Patch * options.LocalWidth;
        var macs = Transformer(tokens, options.Width, options.Depth, options.MlpRatio, tokens, 1)
            + 2 * tokens * tokenLength * options.Width
            + Frames * Edge * Edge * options.LocalWeights(Channels)
            + Transformer(options.TextLength, options.Width, options.TextDepth, 4, options.TextLength, 0);
        var caption = Vocabulary.EncodeNull(options.TextLength);
        return new BenchmarkNetwork(
            Tiny, network.Layout, Batch, 2 * macs * Batch,
            device => [Noise(device, Batch, Frames, Channels, Edge, Edge)],
            (w, inputs) => network.Forward(w, inputs[0], FrameTimes.Constant((int)inputs[0].shape[0], Frames, 0.5f), TextBatch.From([.. Enumerable.Repeat(caption, (int)inputs[0].shape[0])], inputs[0].device)));
    }

    private static BenchmarkNetwork OfDiT(string name)
    {
        const int Batch = 4;
        var options = DiTPresets.Named(name, LatentEdge);
        var network = new DiT(options);
        var tokens = options.Grid * options.Grid;
        var macs = Transformer(tokens, options.HiddenSize, options.Depth, options.MlpRatio, tokens, 1) + Ends(tokens, options.PatchSize, options.InChannels, options.OutChannels, options.HiddenSize);
        return new BenchmarkNetwork(
            name, network.Layout, Batch, 2 * macs * Batch,
            device => [Noise(device, Batch, options.InChannels, LatentEdge, LatentEdge), arange(Batch, device: device).mul(100), arange(Batch, device: device)],
            (w, inputs) => network.Forward(w, inputs[0], inputs[1], inputs[2]));
    }

    private static BenchmarkNetwork OfLatte(string name)
    {
        const int Batch = 1;
        var options = LattePresets.Named(name, inputSize: LatentEdge) with { NumFrames = LatteFrames };
        var network = new Latte(options);
        var places = options.Grid * options.Grid;
        var tokens = places * LatteFrames;
        // Half of the blocks attend over the places of a frame, half over the frames of a place.
        var macs = Transformer(tokens, options.HiddenSize, options.Depth, options.MlpRatio, (places + LatteFrames) / 2.0, 1)
            + Ends(tokens, options.PatchSize, options.InChannels, options.OutChannels, options.HiddenSize);
        return new BenchmarkNetwork(
            name, network.Layout, Batch, 2 * macs * Batch,
            device => [Noise(device, Batch, LatteFrames, options.InChannels, LatentEdge, LatentEdge), arange(Batch, device: device).mul(100)],
            (w, inputs) => network.Forward(w, inputs[0], inputs[1]));
    }

    /// <summary>Projections, feed-forward, attention over so many tokens, modulation of so many conditions: multiply-accumulates of all blocks.</summary>
    private static double Transformer(double tokens, double width, int depth, double mlpRatio, double seen, int conditions) =>
        depth * (tokens * (4 + 2 * mlpRatio) * width * width + 2 * tokens * seen * width + conditions * 6 * width * width);

    private static double Ends(double tokens, int patch, int channels, int outChannels, double width) =>
        tokens * patch * patch * (channels + outChannels) * width + 2 * width * width + 256 * width + width * width;

    private static Tensor Noise(Device device, params long[] shape)
    {
        using var generator = new Generator(1, CPU);
        return randn(shape, generator: generator).to(device, copy: true);
    }
}

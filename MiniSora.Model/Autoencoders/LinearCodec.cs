using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// The "linear VAE": principal components of blocks of 2 frames × 4×4 pixels × 3 colours = 96 values. Encoding and decoding are one
/// matrix product each. Component i is divided by σ₁^(1−a) σᵢ^a (see <see cref="CodecOptions.Whitening"/>); a σᵢ below 1 / <see cref="LargestAmplification"/>
/// counts as that, so that whitening never turns the weakest components into noise.
/// </summary>
public sealed class LinearCodec : IVideoCodec
{
    /// <summary>Frames × height × width × colours of one block.</summary>
    public const int BlockValues = BlockFrames * BlockSide * BlockSide * 3;

    /// <summary>Largest factor by which full whitening may enlarge a component.</summary>
    public const double LargestAmplification = 20;

    private const int BlockFrames = 2;
    private const int BlockSide = 4;
    private const int FitClips = 384;
    private const int FitBlocksPerClip = 96;

    private readonly torch.Tensor mean;        // [96]
    private readonly torch.Tensor components;  // [c, 96], orthonormal rows
    private readonly torch.Tensor scale;       // [c]
    private readonly torch.Tensor encoder;     // [96, c] = componentsᵀ / scale
    private readonly torch.Tensor decoder;     // [c, 96] = components · scale

    private LinearCodec(torch.Tensor mean, torch.Tensor components, torch.Tensor scale)
    {
        this.mean = mean.DetachFromDisposeScope();
        this.components = components.DetachFromDisposeScope();
        this.scale = scale.DetachFromDisposeScope();
        using var scope = torch.NewDisposeScope();
        encoder = (components / scale.unsqueeze(1)).t().contiguous().DetachFromDisposeScope();
        decoder = (components * scale.unsqueeze(1)).DetachFromDisposeScope();
        LatentChannels = (int)components.shape[0];
    }

    /// <inheritdoc/>
    public int FramesPerLatent => BlockFrames;

    /// <inheritdoc/>
    public int Downsample => BlockSide;

    /// <inheritdoc/>
    public int LatentChannels { get; }

    /// <summary>
    /// Fits <paramref name="channels"/> (1 to 96) components, whitened as far as <paramref name="whitening"/> (0 to 1) says, on blocks drawn from <paramref name="dataset"/>, in float64 and on the
    /// processor: a pure function of its arguments, a second or two. The result lives on the processor; see <see cref="To"/>.
    /// </summary>
    public static LinearCodec Fit(IVideoDataset dataset, int channels, double whitening, ulong seed, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, BlockValues);
        CheckSize(dataset.Frames, dataset.Height, dataset.Width);
        ArgumentOutOfRangeException.ThrowIfNegative(whitening);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(whitening, 1);
        TorchRuntime.EnsureLoaded();
        var (average, covariance) = Statistics(dataset, seed, cancellation);
        var (values, vectors) = PrincipalAxes.Of(covariance);

        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var kept = vectors.Take(channels).SelectMany(vector => vector.Select(value => (float)value)).ToArray();
        var deviations = values.Take(channels).Select(value => Math.Max(Math.Sqrt(Math.Max(value, 0)), 1 / LargestAmplification)).ToList();
        var scale = deviations.Select(deviation => (float)(Math.Pow(deviations[0], 1 - whitening) * Math.Pow(deviation, whitening))).ToArray();
        return new LinearCodec(
            torch.tensor(average.Select(value => (float)value).ToArray()),
            torch.tensor(kept).reshape(channels, BlockValues).contiguous(),
            torch.tensor(scale));
    }

    /// <summary>From <see cref="StateDict"/>'s content, which is copied.</summary>
    public static LinearCodec FromStateDict(IReadOnlyDictionary<string, torch.Tensor> state, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var components = state["components"];
        var channels = components.dim() == 2 ? components.shape[0] : -1;
        Check("components", [channels, BlockValues]);
        Check("mean", [BlockValues]);
        Check("scale", [channels]);
        return new LinearCodec(Copy("mean"), Copy("components"), Copy("scale"));

        void Check(string key, long[] shape)
        {
            if (!state[key].shape.SequenceEqual(shape))
                throw new ArgumentException($"The linear codec's {key} must be [{string.Join(", ", shape)}], was [{string.Join(", ", state[key].shape)}].", nameof(state));
        }

        torch.Tensor Copy(string key) => state[key].to(torch.ScalarType.Float32).to(placement.Device).clone();
    }

    /// <summary>The same codec on another device. This one stays usable and is the caller's to dispose.</summary>
    public LinearCodec To(Placement placement) => FromStateDict(StateDict(), placement);

    /// <inheritdoc/>
    public torch.Tensor Encode(torch.Tensor clips)
    {
        if (clips.dim() != 5 || clips.shape[2] != 3)
            throw new ArgumentException($"Clips must be [B, T, 3, H, W], were [{string.Join(", ", clips.shape)}].", nameof(clips));
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var x = clips.to(torch.ScalarType.Float32, encoder.device);
        if (x.shape[1] == 1) x = x.expand(-1, BlockFrames, -1, -1, -1);
        var (b, t, h, w) = (x.shape[0], x.shape[1], x.shape[3], x.shape[4]);
        CheckSize(t, h, w);
        // [B, T, 3, H, W] -> [B, F, h, w, 2·3·4·4] -> [B, F, h, w, c] -> [B, F, c, h, w]
        var blocks = x.reshape(b, t / BlockFrames, BlockFrames, 3, h / BlockSide, BlockSide, w / BlockSide, BlockSide)
            .permute(0, 1, 4, 6, 2, 3, 5, 7).reshape(b, t / BlockFrames, h / BlockSide, w / BlockSide, BlockValues);
        return blocks.Minus(mean).matmul(encoder).permute(0, 1, 4, 2, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public torch.Tensor Decode(torch.Tensor latents)
    {
        if (latents.dim() != 5 || latents.shape[2] != LatentChannels)
            throw new ArgumentException($"Latents must be [B, F, {LatentChannels}, h, w], were [{string.Join(", ", latents.shape)}].", nameof(latents));
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var z = latents.to(torch.ScalarType.Float32, decoder.device);
        var (b, f, h, w) = (z.shape[0], z.shape[1], z.shape[3], z.shape[4]);
        var blocks = z.permute(0, 1, 3, 4, 2).matmul(decoder).Plus(mean);
        return blocks.reshape(b, f, h, w, BlockFrames, 3, BlockSide, BlockSide).permute(0, 1, 4, 5, 2, 6, 3, 7)
            .reshape(b, f * BlockFrames, 3, h * BlockSide, w * BlockSide).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The codec's own tensors, alive as long as the codec: <c>mean</c> [96], <c>components</c> [c, 96], <c>scale</c> [c].</summary>
    public IReadOnlyDictionary<string, torch.Tensor> StateDict() =>
        new Dictionary<string, torch.Tensor> { ["mean"] = mean, ["components"] = components, ["scale"] = scale };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { mean, components, scale, encoder, decoder }) tensor.Dispose();
    }

    private static void CheckSize(long frames, long height, long width)
    {
        if (frames % BlockFrames != 0 || height % BlockSide != 0 || width % BlockSide != 0)
            throw new ArgumentException($"The codec needs frames a multiple of {BlockFrames} and sides a multiple of {BlockSide}, was {frames} × {height} × {width}.");
    }

    /// <summary>Mean and covariance of randomly placed, aligned blocks of random clips.</summary>
    private static (double[] Mean, double[,] Covariance) Statistics(IVideoDataset dataset, ulong seed, CancellationToken cancellation)
    {
        // Blocks are 96 long in Encode's order (frame, colour, row, column). Shifting by the middle of the range before
        // summing is not needed: values lie in [−1, 1] and sums are float64.
        var sum = new double[BlockValues];
        var products = new double[BlockValues, BlockValues];
        var block = new double[BlockValues];
        long count = 0;
        for (ulong lane = 0; lane < FitClips; lane++)
        {
            cancellation.ThrowIfCancellationRequested();
            var random = SplitMix64.For(seed, Lane.Codec, lane);
            var frames = dataset.Read(random.Below(dataset.Count), SplitMix64.For(seed, Lane.Codec, lane, 1)).Frames;
            for (var n = 0; n < FitBlocksPerClip; n++, count++)
            {
                var t = BlockFrames * (int)random.Below(dataset.Frames / BlockFrames);
                var y = BlockSide * (int)random.Below(dataset.Height / BlockSide);
                var x = BlockSide * (int)random.Below(dataset.Width / BlockSide);
                Cut(frames, dataset.Height, dataset.Width, t, y, x, block);
                for (var i = 0; i < BlockValues; i++)
                {
                    sum[i] += block[i];
                    for (var j = i; j < BlockValues; j++) products[i, j] += block[i] * block[j];
                }
            }
        }

        var mean = sum.Select(value => value / count).ToArray();
        for (var i = 0; i < BlockValues; i++)
        {
            for (var j = i; j < BlockValues; j++) products[i, j] = products[j, i] = products[i, j] / count - mean[i] * mean[j];
        }

        return (mean, products);
    }

    private static void Cut(byte[] frames, int height, int width, int t, int y, int x, double[] block)
    {
        var at = 0;
        for (var dt = 0; dt < BlockFrames; dt++)
        {
            for (var colour = 0; colour < 3; colour++)
            {
                for (var dy = 0; dy < BlockSide; dy++)
                {
                    for (var dx = 0; dx < BlockSide; dx++)
                        block[at++] = frames[(((t + dt) * height + y + dy) * width + x + dx) * 3 + colour] / 127.5 - 1;
                }
            }
        }
    }
}

using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Small convolutional video autoencoder, 4× smaller in space and 2× in time, causal: latent frame f depends on frames up to 2f + 1 alone,
/// so an image is a video of one latent frame. About 0.7 M parameters at the default width. Always fp32. Latents are the posterior's
/// mean, normalised per channel by statistics of the training clips.
/// </summary>
public sealed class CausalVae : IVideoCodec
{
    private const string MeanKey = "latent_mean";
    private const string DeviationKey = "latent_std";
    private readonly VaeNetwork network;
    private readonly Tensor mean;       // [c]
    private readonly Tensor deviation;  // [c]

    private CausalVae(VaeNetwork network, Tensor mean, Tensor deviation)
    {
        this.network = network;
        this.mean = mean.DetachFromDisposeScope();
        this.deviation = deviation.DetachFromDisposeScope();
        LatentChannels = (int)mean.shape[0];
    }

    /// <inheritdoc/>
    public int FramesPerLatent => 2;

    /// <inheritdoc/>
    public int Downsample => 4;

    /// <inheritdoc/>
    public int LatentChannels { get; }

    /// <summary>
    /// Trains one for <see cref="CodecOptions.VaeSteps"/> steps of 4 clips. Reproducible: the same arguments on the same machine with the same
    /// number of threads give the same bits. <paramref name="progress"/> goes from 0 to 1.
    /// </summary>
    public static CausalVae Train(IVideoDataset dataset, CodecOptions options, ulong seed, Placement placement, IProgress<double>? progress, CancellationToken cancellation)
    {
        CheckSize(dataset.Frames, dataset.Height, dataset.Width);
        TorchRuntime.EnsureLoaded();
        VaeNetwork network;
        // Parameters created inside a scope would die with it.
        using (NewDisposeScope())
        {
            network = Detached(new VaeNetwork(options.VaeWidth, options.Channels), placement.Device, built => built.Initialise(seed));
        }

        try
        {
            CausalVaeTraining.Run(network, dataset, options.VaeSteps, seed, placement.Device, progress, cancellation);
            var (mean, deviation) = CausalVaeTraining.Statistics(network, dataset, seed, placement.Device, cancellation);
            return new CausalVae(network, mean, deviation);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>From <see cref="StateDict"/>'s content, which is copied. Sizes are read from the tensors.</summary>
    public static CausalVae FromStateDict(IReadOnlyDictionary<string, Tensor> state, Placement placement)
    {
        TorchRuntime.EnsureLoaded();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (state["enc_in.weight"].dim() != 5 || state[MeanKey].dim() != 1 || !state[DeviationKey].shape.SequenceEqual(state[MeanKey].shape))
            throw new ArgumentException("The VAE's first weight must have 5 dimensions, its latent statistics one and the same.", nameof(state));
        var network = Detached(new VaeNetwork(state["enc_in.weight"].shape[0], state[MeanKey].shape[0]), placement.Device, built =>
        {
            foreach (var (name, parameter) in built.named_parameters())
            {
                var stored = state[name];
                if (!stored.shape.SequenceEqual(parameter.shape))
                    throw new ArgumentException($"The VAE's {name} must be [{string.Join(", ", parameter.shape)}], was [{string.Join(", ", stored.shape)}].", nameof(state));
                parameter.copy_(stored);
            }
        });
        foreach (var parameter in network.parameters()) parameter.requires_grad_(false);
        network.eval();
        return new CausalVae(network, Copy(MeanKey), Copy(DeviationKey));

        Tensor Copy(string key) => state[key].to(ScalarType.Float32, placement.Device).clone();
    }

    /// <summary>The keys of <see cref="StateDict"/>.</summary>
    internal static IReadOnlyList<string> Keys()
    {
        using var scope = NewDisposeScope();
        using var network = new VaeNetwork(16, 4);
        return [.. network.named_parameters().Select(item => item.name), MeanKey, DeviationKey];
    }

    /// <inheritdoc/>
    public Tensor Encode(Tensor clips) => Encode(clips, 0);

    /// <summary>
    /// As <see cref="Encode(Tensor)"/>, <paramref name="framesAtOnce"/> frames (even; 0: all) at a time with the memory of so many; the result is the same
    /// but for rounding.
    /// </summary>
    public Tensor Encode(Tensor clips, int framesAtOnce)
    {
        if (clips.dim() != 5 || clips.shape[2] != 3)
            throw new ArgumentException($"Clips must be [B, T, 3, H, W], were [{string.Join(", ", clips.shape)}].", nameof(clips));
        if (framesAtOnce < 0 || framesAtOnce % FramesPerLatent != 0)
            throw new ArgumentException($"frames at once must be a multiple of {FramesPerLatent}, was {framesAtOnce}", nameof(framesAtOnce));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var x = clips.to(ScalarType.Float32, mean.device);
        if (x.shape[1] == 1) x = x.expand(-1, FramesPerLatent, -1, -1, -1);
        CheckSize(x.shape[1], x.shape[3], x.shape[4]);
        var latents = Pieces(x, 1, framesAtOnce, 2, (piece, cache) => network.Encode(piece, cache).Mean);
        return (latents.permute(0, 2, 3, 4, 1).Minus(mean) / deviation).permute(0, 1, 4, 2, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents) => Decode(latents, DecodingPlan.Whole);

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents, DecodingPlan plan)
    {
        if (latents.dim() != 5 || latents.shape[2] != LatentChannels)
            throw new ArgumentException($"Latents must be [B, F, {LatentChannels}, h, w], were [{string.Join(", ", latents.shape)}].", nameof(latents));
        plan.Check();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var z = latents.to(ScalarType.Float32, mean.device).permute(0, 1, 3, 4, 2).mul(deviation).Plus(mean).permute(0, 4, 1, 2, 3);
        var clips = TileBlend.Run(z, Downsample, plan.Tile, plan.Overlap,
            tile => Pieces(tile.contiguous(), 2, plan.Frames, 1, (piece, cache) => network.Decode(piece, cache)));
        return clips.contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Runs <paramref name="step"/> over pieces of <paramref name="length"/> along <paramref name="axis"/> (0: one piece) and joins the results along <paramref name="joined"/>.</summary>
    private static Tensor Pieces(Tensor whole, int axis, int length, int joined, Func<Tensor, CausalCache?, Tensor> step)
    {
        var total = whole.shape[axis];
        if (length == 0 || length >= total)
            return step(whole, null);
        using var scope = NewDisposeScope();
        using var cache = new CausalCache();
        var results = new List<Tensor>();
        for (long at = 0; at < total; at += length)
        {
            using var inner = NewDisposeScope();
            results.Add(step(whole.narrow(axis, at, Math.Min(length, total - at)), cache).MoveToOuterDisposeScope());
        }

        return cat(results, joined).MoveToOuterDisposeScope();
    }

    /// <summary>The codec's own tensors, alive as long as the codec: the network's parameters, <c>latent_mean</c> and <c>latent_std</c> [c].</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict()
    {
        var state = network.named_parameters().ToDictionary(item => item.name, item => (Tensor)item.parameter);
        state[MeanKey] = mean;
        state[DeviationKey] = deviation;
        return state;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network.Dispose();
        mean.Dispose();
        deviation.Dispose();
    }

    private static VaeNetwork Detached(VaeNetwork network, Device device, Action<VaeNetwork> fill)
    {
        try
        {
            fill(network);
            network.to(device);
            foreach (var parameter in network.parameters()) parameter.DetachFromDisposeScope();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static void CheckSize(long frames, long height, long width)
    {
        if (frames % 2 != 0 || height % 4 != 0 || width % 4 != 0)
            throw new ArgumentException($"The codec needs frames a multiple of 2 and sides a multiple of 4, was {frames} × {height} × {width}.");
    }
}

using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Autoencoders;

/// <summary>Small causal convolutional video autoencoder.</summary>
public sealed class CausalVae : IVideoCodec
{
    /// <inheritdoc/>
    public int FramesPerLatent => 2;

    /// <inheritdoc/>
    public int Downsample => 4;

    /// <inheritdoc/>
    public int LatentChannels => 0;

    /// <summary>Trains one; a pure function of dataset, options, seed (and thread count).</summary>
    public static CausalVae Train(IVideoDataset dataset, CodecOptions options, ulong seed, Placement placement, IProgress<double>? progress, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>From <see cref="StateDict"/>'s content.</summary>
    public static CausalVae FromStateDict(IReadOnlyDictionary<string, torch.Tensor> state, Placement placement) => throw new NotImplementedException();

    /// <inheritdoc/>
    public torch.Tensor Encode(torch.Tensor clips) => throw new NotImplementedException();

    /// <inheritdoc/>
    public torch.Tensor Decode(torch.Tensor latents) => throw new NotImplementedException();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, torch.Tensor> StateDict() => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() { }
}

using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>No codec: latents are the pixels. For networks that have an autoencoder inside, as a cascade has.</summary>
internal sealed class PixelCodec : IVideoCodec
{
    /// <summary>The one tensor by which a checkpoint knows it.</summary>
    internal const string Key = "pixels";

    private readonly Tensor mark = ones(1).DetachFromDisposeScope();

    /// <inheritdoc/>
    public int FramesPerLatent => 1;

    /// <inheritdoc/>
    public int Downsample => 1;

    /// <inheritdoc/>
    public int LatentChannels => 3;

    /// <inheritdoc/>
    public Tensor Encode(Tensor clips) => clips.clone();

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents) => latents.clone();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> StateDict() => new Dictionary<string, Tensor> { [Key] = mark };

    /// <inheritdoc/>
    public void Dispose() => mark.Dispose();
}

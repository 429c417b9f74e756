using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Keeps what a slow frozen codec made of a clip, found again by the clip's pixels, so that a set of some thousand clips is encoded once and not in
/// every epoch (models.md §1.1: fast-DiT's largest gain). Clips are encoded one by one, so that a clip's latents depend on
/// nothing but its pixels. The longest unused are forgotten beyond the limit. For one thread. Does not own the codec.
/// </summary>
internal sealed class LatentCache(IVideoCodec codec, long mostBytes = LatentCache.UsualBytes) : IVideoCodec
{
    private const long UsualBytes = 1L << 30;
    private readonly Dictionary<string, LinkedListNode<(string Key, Tensor Latents)>> places = [];
    private readonly LinkedList<(string Key, Tensor Latents)> newest = [];
    private long bytes;

    /// <summary>Clips that were found.</summary>
    public long Hits { get; private set; }

    /// <inheritdoc/>
    public int FramesPerLatent => codec.FramesPerLatent;

    /// <inheritdoc/>
    public int Downsample => codec.Downsample;

    /// <inheritdoc/>
    public int LatentChannels => codec.LatentChannels;

    /// <inheritdoc/>
    public Tensor Encode(Tensor clips)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var latents = new Tensor[clips.shape[0]];
        for (var i = 0; i < latents.Length; i++)
            latents[i] = One(clips.narrow(0, i, 1));
        return cat(latents, 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents) => codec.Decode(latents);

    /// <inheritdoc/>
    public Tensor Decode(Tensor latents, DecodingPlan plan) => codec.Decode(latents, plan);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> StateDict() => codec.StateDict();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, latents) in newest)
            latents.Dispose();
        newest.Clear();
        places.Clear();
    }

    private Tensor One(Tensor clip)
    {
        var key = KeyOf(clip);
        if (places.TryGetValue(key, out var place))
        {
            Hits++;
            newest.Remove(place);
            newest.AddFirst(place);
            return place.Value.Latents.clone();
        }

        var made = codec.Encode(clip);
        var kept = made.to(CPU, copy: true).DetachFromDisposeScope();
        places[key] = newest.AddFirst((key, kept));
        bytes += kept.NumberOfElements * kept.ElementSize;
        while (bytes > mostBytes && newest.Last is { } oldest && newest.Count > 1)
        {
            bytes -= oldest.Value.Latents.NumberOfElements * oldest.Value.Latents.ElementSize;
            places.Remove(oldest.Value.Key);
            newest.RemoveLast();
            oldest.Value.Latents.Dispose();
        }

        return made.cpu();
    }

    private static string KeyOf(Tensor clip)
    {
        using var plain = clip.cpu().contiguous();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var size in plain.shape)
            hash.AppendData(BitConverter.GetBytes(size));
        hash.AppendData(plain.bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

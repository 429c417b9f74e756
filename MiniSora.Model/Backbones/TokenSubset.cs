using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Backbones;

/// <summary>
/// Which tokens of a training step go on after the first blocks (deferred masking, Sehwag et al. 2024, "MicroDiT"): those blocks mix all tokens, so that what is
/// kept knows of what is dropped. Deviations: the mixer is the network's own first blocks and not a part of its own, so that sampling needs
/// nothing special; all clips of a step keep the same places, which makes every gather one index.
/// </summary>
/// <param name="MixerBlocks">Blocks that see all tokens.</param>
/// <param name="Places">Kept places of each frame in rising order, as many in each; a single row stands for every frame.</param>
internal sealed record TokenSubset(int MixerBlocks, int[][] Places)
{
    /// <summary>Kept places of a frame, S'.</summary>
    public int Count => Places[0].Length;

    /// <summary>A draw of <paramref name="count"/> of <paramref name="perFrame"/> places for each of so many frames.</summary>
    public static TokenSubset Draw(ref SplitMix64 random, int mixerBlocks, int frames, int perFrame, int count)
    {
        var places = new int[frames][];
        for (var f = 0; f < frames; f++)
        {
            var all = Enumerable.Range(0, perFrame).ToArray();
            for (var i = 0; i < count; i++)
            {
                var other = i + (int)random.Below(perFrame - i);
                (all[i], all[other]) = (all[other], all[i]);
            }

            places[f] = [.. all[..count].Order()];
        }

        return new TokenSubset(mixerBlocks, places);
    }

    /// <summary>
    /// How many of <paramref name="perFrame"/> places stay when a share <paramref name="ratio"/> is to be dropped: the nearest number, at least 1, that divides
    /// <paramref name="divides"/>. 0 divides by everything.
    /// </summary>
    public static int CountFor(double ratio, int perFrame, int divides = 0) =>
        Enumerable.Range(1, perFrame).Where(count => divides % count == 0).MinBy(count => Math.Abs(count - (1 - ratio) * perFrame));

    /// <summary>The same places in each of <paramref name="frames"/> frames of which <paramref name="size"/> at a time are one group here.</summary>
    public TokenSubset Repeated(int size, int frames) =>
        size == 1 || Places.Length == 1 ? this : this with { Places = [.. Enumerable.Range(0, frames).Select(f => Places[f / size])] };

    /// <summary>[B, F, S, …] to [B, F, S', …].</summary>
    public Tensor Of(Tensor x)
    {
        if (Places.Length == 1)
            return x.index_select(2, Index(Places[0], x.device));
        long frames = x.shape[1], perFrame = x.shape[2];
        return x.flatten(1, 2).index_select(1, Flat(0, (int)frames, (int)perFrame, x.device)).view([x.shape[0], frames, Count, .. x.shape[3..]]);
    }

    /// <summary>Undoes <see cref="Of"/> for rows [N, S', P] of the same places, zero where nothing was kept: [N, S, P].</summary>
    public Tensor Spread(Tensor rows, int perFrame)
    {
        using var scope = NewDisposeScope();
        var from = Enumerable.Repeat((long)Count, perFrame).ToArray();
        for (var i = 0; i < Count; i++)
            from[Places[0][i]] = i;
        var nothing = zeros([rows.shape[0], 1, rows.shape[2]], rows.dtype, rows.device);
        return cat([rows, nothing], 1).index_select(1, tensor(from, device: rows.device)).MoveToOuterDisposeScope();
    }

    /// <summary>What cells count in a loss that is a mean over all of them: S / S' where kept, else 0. [1, 1, 1, h, w] for patches of <paramref name="patch"/>².</summary>
    public Tensor Weight(int rows, int columns, int patch)
    {
        using var scope = NewDisposeScope();
        var weight = new float[rows * columns];
        foreach (var place in Places[0])
            weight[place] = (float)(rows * columns) / Count;
        return tensor(weight, [1, 1, 1, rows, columns]).repeat_interleave(patch, 3).repeat_interleave(patch, 4).MoveToOuterDisposeScope();
    }

    /// <summary>Indices of a joint sequence [text groups, frames] of S tokens each: all text, then the kept tokens of each frame.</summary>
    public Tensor Flat(int textTokens, int frames, int perFrame, Device device)
    {
        var kept = Enumerable.Range(0, frames).SelectMany(f => Places[Places.Length == 1 ? 0 : f].Select(place => textTokens + f * perFrame + place));
        return Index([.. Enumerable.Range(0, textTokens), .. kept], device);
    }

    /// <summary>Vectors [B, G or 1, 1, D] of so many groups of text and F frames, for text in other groups.</summary>
    public static Tensor Regroup(Tensor vectors, int textGroups, int newTextGroups)
    {
        if (vectors.shape[1] == 1 || textGroups == newTextGroups)
            return vectors;
        // All groups of text have the same vectors.
        return cat([vectors.narrow(1, 0, 1).expand(-1, newTextGroups, -1, -1), vectors.narrow(1, textGroups, vectors.shape[1] - textGroups)], 1);
    }

    private static Tensor Index(int[] indices, Device device) => tensor(Array.ConvertAll(indices, index => (long)index), device: device);
}

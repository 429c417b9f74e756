using MiniSora.Model.Autoencoders;
using MiniSora.Model.Tests.Autoencoders.Kl;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders;

public sealed class LatentCacheTests : TorchTests
{
    [Fact]
    public void A_clip_seen_before_is_found_by_its_pixels_whatever_its_neighbours()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        using var cache = new LatentCache(codec);
        var clips = TinyKl.Noise(3, 2, 3, 8, 8);
        var first = cache.Encode(clips);
        Assert.Equal(0, cache.Hits);
        var again = cache.Encode(torch.cat([clips.narrow(0, 2, 1), clips.narrow(0, 0, 1)], 0));
        Assert.Equal(2, cache.Hits);
        Assert.True(SameBits(again, torch.cat([first.narrow(0, 2, 1), first.narrow(0, 0, 1)], 0)));
        Assert.InRange(LargestDifference(first, codec.Encode(clips)), 0, 1e-5);
    }

    [Fact]
    public void Beyond_its_limit_the_longest_unused_is_forgotten()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        // Latents of a clip: 2 × 4 × 4 × 4 numbers.
        using var cache = new LatentCache(codec, 2 * 2 * 4 * 4 * 4 * 4);
        var clips = TinyKl.Noise(3, 2, 3, 8, 8);
        cache.Encode(clips.narrow(0, 0, 2));
        cache.Encode(clips.narrow(0, 0, 1));
        cache.Encode(clips.narrow(0, 2, 1));
        Assert.Equal(1, cache.Hits);
        cache.Encode(clips.narrow(0, 0, 1));
        Assert.Equal(2, cache.Hits);
        cache.Encode(clips.narrow(0, 1, 1));
        Assert.Equal(2, cache.Hits);
    }
}

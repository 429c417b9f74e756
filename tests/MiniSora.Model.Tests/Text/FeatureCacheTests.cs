using MiniSora.Model.Text;
using TorchSharp;

namespace MiniSora.Model.Tests.Text;

public sealed class FeatureCacheTests : TorchTests
{
    [Fact]
    public void A_text_is_encoded_once_and_read_back_bit_by_bit()
    {
        using var folder = new TemporaryFolder();
        var (cache, encoder) = (new FeatureCache(folder.Path), new Counting("a"));
        Assert.Equal(2, cache.Fill(encoder, ["ab", "abcd", "ab"], 6, 8, CancellationToken.None));
        Assert.Equal(0, new FeatureCache(folder.Path).Fill(encoder, ["abcd", "ab"], 6, 8, CancellationToken.None));
        Assert.Equal(2, encoder.Encoded);

        var kept = cache.Read("a", ["abcd", "ab"], 6);
        var fresh = encoder.Encode(["abcd", "ab"], 6);
        Assert.True(SameBits(kept.Mask, fresh.Mask));
        Assert.True(SameBits(kept.Tokens, fresh.Tokens * fresh.Mask.unsqueeze(-1)));
    }

    [Fact]
    public void Another_encoder_or_length_has_features_of_its_own()
    {
        using var folder = new TemporaryFolder();
        var cache = new FeatureCache(folder.Path);
        cache.Fill(new Counting("a"), ["ab"], 6, 1, CancellationToken.None);
        Assert.Equal(1, cache.Fill(new Counting("b"), ["ab"], 6, 1, CancellationToken.None));
        Assert.Equal(1, cache.Fill(new Counting("a"), ["ab"], 3, 1, CancellationToken.None));
        Assert.Throws<KeyNotFoundException>(() => cache.Read("a", ["never"], 6));
    }

    [Fact]
    public void A_damaged_file_is_made_anew()
    {
        using var folder = new TemporaryFolder();
        var (cache, encoder) = (new FeatureCache(folder.Path), new Counting("a"));
        cache.Fill(encoder, ["ab"], 6, 1, CancellationToken.None);
        var file = Directory.GetFiles(folder.Path, "*.safetensors", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..20]);
        Assert.Equal(1, cache.Fill(encoder, ["ab"], 6, 1, CancellationToken.None));
        Assert.Equal([1, 6, 2], cache.Read("a", ["ab"], 6).Tokens.shape);
    }

    /// <summary>A token a letter.</summary>
    private sealed class Counting(string hash) : ITextFeatures
    {
        public int Encoded { get; private set; }

        public long Width => 2;

        public string Hash => hash;

        public TextFeatures Encode(IReadOnlyList<string> texts, int length)
        {
            Encoded += texts.Count;
            var mask = torch.tensor(texts.SelectMany(text => Enumerable.Range(0, length).Select(i => i < text.Length ? 1f : 0f)).ToArray(), [texts.Count, length]);
            var values = torch.tensor(texts.SelectMany(text => Enumerable.Range(0, 2 * length).Select(i => i < 2 * text.Length ? text[i / 2] + i / 7f : 9f)).ToArray(), [texts.Count, length, 2]);
            return new TextFeatures(values, mask);
        }
    }
}

using MiniSora.Model.Autoencoders;
using MiniSora.Model.Autoencoders.Kl;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders.Kl;

public sealed class KlCodecTests : TorchTests
{
    [Fact]
    public void Frames_become_latent_frames_of_half_the_side_and_back()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        var latents = codec.Encode(TinyKl.Noise(2, 3, 3, 8, 12));
        Assert.Equal([2, 3, 4, 4, 6], latents.shape);
        Assert.Equal([2, 3, 3, 8, 12], codec.Decode(latents).shape);
    }

    [Fact]
    public void Latents_are_shifted_then_scaled_and_decoding_undoes_it()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        using var plainFolder = new TemporaryFolder();
        using var plain = TinyKl.Write(plainFolder, TinyKl.Image.Replace("0.5", "1.0", StringComparison.Ordinal).Replace("0.25", "0.0", StringComparison.Ordinal));
        var clips = TinyKl.Noise(1, 2, 3, 8, 8);
        var raw = plain.Encode(clips);
        var scaled = codec.Encode(clips);
        Assert.InRange(LargestDifference(scaled, (raw - 0.25) * 0.5), 0, 1e-6);
        Assert.InRange(LargestDifference(codec.Decode(scaled), plain.Decode(raw)), 0, 1e-5);
    }

    [Fact]
    public void Older_names_of_the_attention_projections_give_the_same_codec()
    {
        using var folder = new TemporaryFolder();
        using var current = TinyKl.Write(folder, TinyKl.Image);
        using var olderFolder = new TemporaryFolder();
        using var older = TinyKl.Write(olderFolder, TinyKl.Image, AttentionNames.Older);
        var clips = TinyKl.Noise(1, 2, 3, 8, 8);
        Assert.True(SameBits(current.Encode(clips), older.Encode(clips)));
    }

    [Fact]
    public void Frames_decoded_a_few_at_a_time_are_the_frames_decoded_at_once()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        var latents = TinyKl.Noise(2, 5, 4, 4, 4);
        Assert.InRange(LargestDifference(codec.Decode(latents), codec.Decode(latents, new DecodingPlan { Frames = 2 })), 0, 1e-5);
    }

    [Fact]
    public void Tiles_that_cover_the_picture_change_nothing_and_smaller_ones_little()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        var latents = TinyKl.Noise(1, 2, 4, 12, 10);
        var whole = codec.Decode(latents);
        Assert.True(SameBits(whole, codec.Decode(latents, new DecodingPlan { Tile = 12 })));
        var tiled = codec.Decode(latents, new DecodingPlan { Tile = 8, Overlap = 4 });
        Assert.Equal(whole.shape, tiled.shape);
        Assert.InRange((tiled - whole).abs().mean().item<float>() / whole.abs().mean().item<float>(), 1e-6, 0.5);
    }

    [Fact]
    public void The_temporal_decoder_mixes_neighbouring_frames_and_never_clips()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Temporal);
        var latents = TinyKl.Noise(2, 3, 4, 4, 4);
        var changed = latents.clone();
        changed[0, 2].fill_(0.5);
        var (a, b) = (codec.Decode(latents), codec.Decode(changed));
        Assert.False(SameBits(a[0, 1], b[0, 1]));
        Assert.True(SameBits(a[1], b[1]));
    }

    [Fact]
    public void A_codec_goes_through_a_checkpoint_unchanged()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        SafeTensors.Write(folder["checkpoint"], codec.StateDict().Select(item => ("codec." + item.Key, item.Value)));
        using var file = SafeTensors.Open(folder["checkpoint"]);
        using var back = VideoCodec.FromCheckpoint(file, "codec.", Placement.Cpu);
        var latents = TinyKl.Noise(1, 1, 4, 4, 4);
        Assert.True(SameBits(codec.Decode(latents), back.Decode(latents)));
    }

    [Fact]
    public void Weights_that_do_not_fit_the_configuration_are_refused_with_their_names()
    {
        using var folder = new TemporaryFolder();
        using (TinyKl.Write(folder, TinyKl.Image)) { }
        File.WriteAllText(folder["config.json"], TinyKl.Image.Replace("\"latent_channels\": 4", "\"mid_block_add_attention\": false", StringComparison.Ordinal));
        var refused = Assert.Throws<PretrainedException>(() => KlCodec.Open(folder.Path, Placement.Cpu));
        Assert.Contains("encoder.mid_block.attentions.0.to_q.weight", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_leaks()
    {
        using var folder = new TemporaryFolder();
        using var codec = TinyKl.Write(folder, TinyKl.Image);
        var clips = TinyKl.Noise(1, 2, 3, 8, 8);
        Use();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++)
            Use();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Use()
        {
            using var latents = codec.Encode(clips);
            using var back = codec.Decode(latents, new DecodingPlan { Frames = 1, Tile = 3 });
        }
    }
}

using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders;

public sealed class LinearCodecTests : IDisposable
{
    private readonly IVideoDataset stripes = new StripesDataset(8, 16);
    private readonly DisposeScope scope;

    public LinearCodecTests()
    {
        TorchRuntime.EnsureLoaded();
        scope = torch.NewDisposeScope();
    }

    public void Dispose() => scope.Dispose();

    [Fact]
    public void All_components_give_the_clip_back()
    {
        using var codec = LinearCodec.Fit(stripes, 96, 1, 1);
        var clips = Clips.Of(stripes, 3);
        var latents = codec.Encode(clips);
        Assert.Equal([3, 4, 96, 4, 4], latents.shape);
        Assert.True((codec.Decode(latents) - clips).abs().max().item<float>() < 1e-4);
    }

    [Fact]
    public void A_few_components_keep_smooth_clips_sharp()
    {
        using var codec = LinearCodec.Fit(stripes, 24, 1, 1);
        var clips = Clips.Of(stripes, 8);
        Assert.InRange(Clips.Psnr(clips, codec.Decode(codec.Encode(clips))), 35, 100);
    }

    [Fact]
    public void Latent_channels_have_unit_variance_and_are_never_amplified_more_than_allowed()
    {
        using var codec = LinearCodec.Fit(stripes, 24, 1, 1);
        var latents = codec.Encode(Clips.Of(stripes, 64));
        var deviations = latents.permute(2, 0, 1, 3, 4).reshape(24, -1).std(1).data<float>().ToArray();
        var scale = codec.StateDict()["scale"].data<float>().ToArray();
        Assert.All(scale, value => Assert.InRange(value, 1 / (float)LinearCodec.LargestAmplification, 100));
        Assert.All(deviations.Zip(scale), pair => Assert.InRange(pair.First, pair.Second > 0.051 ? 0.7 : 0, 1.3));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    public void Without_full_whitening_weak_components_stay_weak(double whitening)
    {
        using var whole = LinearCodec.Fit(stripes, 8, 1, 1);
        using var partly = LinearCodec.Fit(stripes, 8, whitening, 1);
        var deviations = whole.StateDict()["scale"].data<float>().ToArray();
        var scale = partly.StateDict()["scale"].data<float>().ToArray();
        Assert.All(scale.Zip(deviations), pair => Assert.Equal(Math.Pow(deviations[0], 1 - whitening) * Math.Pow(pair.Second, whitening), pair.First, 1e-4));
        var clips = Clips.Of(stripes, 8);
        Assert.True((whole.Decode(whole.Encode(clips)) - partly.Decode(partly.Encode(clips))).abs().max().item<float>() < 1e-4);
    }

    [Fact]
    public void An_image_is_encoded_as_two_equal_frames()
    {
        using var codec = LinearCodec.Fit(stripes, 24, 1, 1);
        var image = Clips.Of(stripes, 1).narrow(1, 0, 1);
        var twice = torch.cat([image, image], 1);
        Assert.Equal([1, 1, 24, 4, 4], codec.Encode(image).shape);
        Assert.True(codec.Encode(image).Equals(codec.Encode(twice)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_does_not()
    {
        using var a = LinearCodec.Fit(stripes, 16, 1, 5);
        using var b = LinearCodec.Fit(stripes, 16, 1, 5);
        using var c = LinearCodec.Fit(stripes, 16, 1, 6);
        Assert.All(a.StateDict(), item => Assert.True(item.Value.bytes.SequenceEqual(b.StateDict()[item.Key].bytes)));
        Assert.False(a.StateDict()["components"].bytes.SequenceEqual(c.StateDict()["components"].bytes));
    }

    [Fact]
    public void A_codec_goes_through_a_checkpoint_unchanged()
    {
        var path = Path.GetTempFileName();
        using var codec = LinearCodec.Fit(stripes, 16, 1, 5);
        SafeTensors.Write(path, codec.StateDict().Select(item => ("codec." + item.Key, item.Value)));
        using var file = SafeTensors.Open(path);
        using var back = VideoCodec.FromCheckpoint(file, "codec.", Placement.Cpu);
        var clips = Clips.Of(stripes, 2);
        Assert.True(codec.Encode(clips).bytes.SequenceEqual(back.Encode(clips).bytes));
        Assert.Equal(SafeTensorsError.Missing, Assert.Throws<SafeTensorsException>(() => VideoCodec.FromCheckpoint(file, "none.", Placement.Cpu)).Error);
        File.Delete(path);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_with_both_numbers()
    {
        using var codec = LinearCodec.Fit(stripes, 16, 1, 5);
        Assert.Contains("3 × 16 × 16", Assert.Throws<ArgumentException>(() => codec.Encode(torch.zeros(new long[] { 1, 3, 3, 16, 16 }))).Message, StringComparison.Ordinal);
        Assert.Contains("[1, 2, 4, 16, 16]", Assert.Throws<ArgumentException>(() => codec.Encode(torch.zeros(new long[] { 1, 2, 4, 16, 16 }))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => codec.Decode(torch.zeros(new long[] { 1, 2, 15, 4, 4 })));
    }

    [Fact]
    public void No_tensor_leaks()
    {
        using var codec = LinearCodec.Fit(stripes, 16, 1, 5);
        var clips = Clips.Of(stripes, 1);
        Use();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++) Use();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Use()
        {
            using var latents = codec.Encode(clips);
            using var back = codec.Decode(latents);
        }
    }
}

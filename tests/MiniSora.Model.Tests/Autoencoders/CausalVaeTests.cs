using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders;

public sealed class CausalVaeTests : IDisposable
{
    private static readonly CodecOptions Tiny = new() { Kind = CodecKind.CausalVae, Channels = 8, VaeSteps = 60, VaeWidth = 16 };
    private readonly IVideoDataset stripes = new StripesDataset(4, 16);
    private readonly DisposeScope scope;

    public CausalVaeTests()
    {
        TorchRuntime.EnsureLoaded();
        scope = torch.NewDisposeScope();
    }

    public void Dispose() => scope.Dispose();

    private CausalVae Train(int steps, ulong seed = 1) =>
        CausalVae.Train(stripes, Tiny with { VaeSteps = steps }, seed, Placement.Cpu, null, CancellationToken.None);

    [Fact]
    public void Training_makes_the_picture_better_and_reports_its_progress()
    {
        using var early = Train(1);
        var seen = new Reports();
        using var late = CausalVae.Train(stripes, Tiny, 1, Placement.Cpu, seen, CancellationToken.None);
        var clips = Clips.Of(stripes, 8);
        var (before, after) = (Clips.Psnr(clips, early.Decode(early.Encode(clips))), Clips.Psnr(clips, late.Decode(late.Encode(clips))));
        Assert.True(after > before + 8, $"{before:f1} dB became {after:f1} dB");
        Assert.InRange(after, 20, 100);
        Assert.Equal(seen.Values.Order(), seen.Values);
        Assert.Equal(1, seen.Values[^1]);
    }

    [Fact]
    public void A_later_frame_never_changes_an_earlier_latent_or_an_earlier_picture()
    {
        using var vae = Train(3);
        var clips = Clips.Of(stripes, 2);
        var changed = clips.clone();
        changed.narrow(1, 2, 2).fill_(0.7);
        var (a, b) = (vae.Encode(clips), vae.Encode(changed));
        Assert.Equal([2, 2, 8, 4, 4], a.shape);
        Assert.True(a.narrow(1, 0, 1).contiguous().bytes.SequenceEqual(b.narrow(1, 0, 1).contiguous().bytes));
        Assert.False(a.narrow(1, 1, 1).contiguous().bytes.SequenceEqual(b.narrow(1, 1, 1).contiguous().bytes));

        var (x, y) = (vae.Decode(a), vae.Decode(b));
        Assert.Equal(clips.shape, x.shape);
        Assert.True(x.narrow(1, 0, 2).contiguous().bytes.SequenceEqual(y.narrow(1, 0, 2).contiguous().bytes));
    }

    [Fact]
    public void A_clip_in_pieces_is_the_clip_at_once()
    {
        using var vae = Train(3);
        var clips = torch.cat([Clips.Of(stripes, 2), Clips.Of(stripes, 2, 2), Clips.Of(stripes, 2, 4)], 1);  // 12 frames
        var whole = vae.Encode(clips);
        foreach (var frames in new[] { 2, 4, 8 })
            Assert.InRange((vae.Encode(clips, frames) - whole).abs().max().item<float>(), 0, 1e-4);
        var decoded = vae.Decode(whole);
        foreach (var frames in new[] { 1, 2, 4 })
            Assert.InRange((vae.Decode(whole, new DecodingPlan { Frames = frames }) - decoded).abs().max().item<float>(), 0, 1e-5);
        // Without the cache each piece would begin anew, which is far off.
        var alone = torch.cat([vae.Decode(whole.narrow(1, 0, 2)), vae.Decode(whole.narrow(1, 2, 4))], 1);
        Assert.InRange((alone - decoded).abs().max().item<float>(), 1e-3, 100);
    }

    [Fact]
    public void Tiles_and_pieces_together_give_a_clip_of_the_same_size()
    {
        using var vae = Train(3);
        var latents = vae.Encode(Clips.Of(stripes, 2));
        var decoded = vae.Decode(latents, new DecodingPlan { Frames = 1, Tile = 3, Overlap = 1 });
        Assert.Equal([2, 4, 3, 16, 16], decoded.shape);
        Assert.InRange(Clips.Psnr(vae.Decode(latents), decoded), 10, 200);
        Assert.Throws<ArgumentException>(() => vae.Decode(latents, new DecodingPlan { Tile = 3, Overlap = 2 }));
    }

    [Fact]
    public void An_image_is_encoded_as_two_equal_frames()
    {
        using var vae = Train(2);
        var image = Clips.Of(stripes, 1).narrow(1, 0, 1);
        Assert.Equal([1, 1, 8, 4, 4], vae.Encode(image).shape);
        Assert.True(vae.Encode(image).bytes.SequenceEqual(vae.Encode(torch.cat([image, image], 1)).bytes));
    }

    [Fact]
    public void Latents_have_zero_mean_and_unit_variance_per_channel()
    {
        using var vae = Train(40);
        var values = vae.Encode(Clips.Of(stripes, 64)).transpose(0, 2).flatten(1);
        Assert.All(values.mean([1]).data<float>().ToArray(), mean => Assert.InRange(mean, -0.4f, 0.4f));
        Assert.InRange(values.std(1).max().item<float>(), 0.7, 1.4);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_whatever_was_drawn_before()
    {
        using var a = Train(3);
        torch.manual_seed(99);
        using var noise = torch.randn(100);
        using var b = Train(3);
        using var c = Train(3, seed: 2);
        Assert.All(a.StateDict(), item => Assert.True(item.Value.bytes.SequenceEqual(b.StateDict()[item.Key].bytes), item.Key));
        Assert.False(a.StateDict()["enc_in.weight"].bytes.SequenceEqual(c.StateDict()["enc_in.weight"].bytes));
    }

    [Fact]
    public void A_codec_goes_through_a_checkpoint_unchanged_and_a_damaged_one_is_refused()
    {
        var path = Path.GetTempFileName();
        using var vae = Train(2);
        var state = vae.StateDict().Select(item => ("codec." + item.Key, item.Value)).ToList();
        SafeTensors.Write(path, state);
        using (var file = SafeTensors.Open(path))
        {
            using var back = VideoCodec.FromCheckpoint(file, "codec.", Placement.Cpu);
            var clips = Clips.Of(stripes, 2);
            var latents = vae.Encode(clips);
            Assert.True(latents.bytes.SequenceEqual(back.Encode(clips).bytes));
            Assert.True(vae.Decode(latents).bytes.SequenceEqual(back.Decode(latents).bytes));
        }

        SafeTensors.Write(path, state.Skip(1));
        using (var file = SafeTensors.Open(path))
            Assert.Equal(SafeTensorsError.Missing, Assert.Throws<SafeTensorsException>(() => VideoCodec.FromCheckpoint(file, "codec.", Placement.Cpu)).Error);
        SafeTensors.Write(path, state.Skip(1).Append((state[0].Item1, torch.zeros(3))));
        using (var file = SafeTensors.Open(path))
            Assert.Equal(SafeTensorsError.Shape, Assert.Throws<SafeTensorsException>(() => VideoCodec.FromCheckpoint(file, "codec.", Placement.Cpu)).Error);
        File.Delete(path);
    }

    [Fact]
    public void A_cancelled_training_stops()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => CausalVae.Train(stripes, Tiny, 1, Placement.Cpu, null, source.Token));
    }

    [Fact]
    public void Keys_are_the_names_of_the_network()
    {
        var golden = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Autoencoders", "causal-vae.keys.txt"));
        using var vae = Train(1);
        Assert.Equal(golden, vae.StateDict().Select(item => $"{item.Key} {string.Join("x", item.Value.shape)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_tensor_leaks()
    {
        var clips = Clips.Of(stripes, 1);
        Use();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Use();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        using var vae = Train(1);
        using (vae.Decode(vae.Encode(clips))) { }
        before = torch.Tensor.TotalCount;
        for (var i = 0; i < 10; i++)
        {
            using var latents = vae.Encode(clips);
            using var back = vae.Decode(latents);
        }

        Assert.InRange(torch.Tensor.TotalCount, 0, before);

        void Use()
        {
            using var codec = Train(2);
            using var latents = codec.Encode(clips);
            using var back = codec.Decode(latents);
        }
    }

    private sealed class Reports : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}

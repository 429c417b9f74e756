using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

public sealed class MiniSoraBackboneTests : TorchTests
{
    [Fact]
    public void At_the_start_the_velocity_is_exactly_zero()
    {
        var velocity = new TinyNetwork(trained: false).Velocity(TinyNetwork.Latents(2, 3), TinyNetwork.Times([0.3f, 0.3f, 0.3f], [0, 0.9f, 0.9f]), "a red circle", "");
        Assert.Equal([2, 3, 4, 4, 4], velocity.shape);
        Assert.Equal(0, velocity.abs().max().ToDouble());
    }

    [Fact]
    public void Keys_and_shapes_are_the_recorded_ones()
    {
        var keys = new TinyNetwork(trained: false).Network.Layout.Specs
            .Select(spec => $"{spec.Name} [{string.Join(", ", spec.Shape)}]").Order(StringComparer.Ordinal);
        var golden = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Backbones", "minisora-keys.txt"));
        Assert.Equal(golden, keys);
    }

    [Fact]
    public void The_parameter_count_is_the_closed_formula()
    {
        const long D = 32, L = 2, P = 16, Text = 8, Words = 264, Hidden = 4 * D, d = 16;
        const long attention = 3 * D * D + 3 * D + 2 * d + D * D + D;
        const long feedForward = D * Hidden + Hidden + Hidden * D + D;
        const long expected =
            P * D + D                                              // patches
            + 36 * D + D                                           // places
            + 256 * D + D + D * D + D                              // time
            + Words * D + Text * D + attention + feedForward + 6 * D + D * D + D // text, its norms and pool
            + D * D + D                                            // context
            + (6 * L + 2) * (D * D + D)                            // modulation
            + L * (attention + feedForward)                        // blocks
            + D * P + P                                            // output
            + D * P + P;                                           // from input to output
        Assert.Equal(expected, MiniSoraBackbone.CountParameters(TinyNetwork.Options, TinyNetwork.Channels, (int)Words));
    }

    [Fact]
    public void Equal_times_for_all_frames_are_one_time_for_the_clip()
    {
        var tiny = new TinyNetwork(trained: true);
        var latents = TinyNetwork.Latents(2, 3);
        var alike = tiny.Velocity(latents, TinyNetwork.Times([0.3f, 0.3f, 0.3f], [0.6f, 0.6f, 0.6f]), "red", "circle");
        using var _ = no_grad();
        var text = TextBatch.From([TinyNetwork.Vocabulary.Encode("red", 8)], CPU);
        var single = tiny.Network.Forward(tiny.Views, latents.narrow(0, 0, 1), FrameTimes.Constant(1, 3, 0.3f), text);
        Assert.True(LargestDifference(alike.narrow(0, 0, 1), single) < 1e-5);
    }

    [Fact]
    public void Mixed_times_give_each_frame_its_own_modulation()
    {
        var tiny = new TinyNetwork(trained: true);
        var latents = TinyNetwork.Latents(1, 3);
        var mixed = tiny.Velocity(latents, TinyNetwork.Times([0f, 0.6f, 0.6f]), "red");
        // The same through one value per frame: three distinct times of which two differ by nothing that matters.
        var threeValues = tiny.Velocity(latents, TinyNetwork.Times([0f, 0.6f, 0.6000001f]), "red");
        Assert.True(LargestDifference(mixed, threeValues) < 1e-4);
        Assert.True(LargestDifference(mixed, tiny.Velocity(latents, TinyNetwork.Times([0.6f, 0.6f, 0.6f]), "red")) > 1e-3);
    }

    [Fact]
    public void A_clip_does_not_feel_its_neighbours_in_the_batch()
    {
        var tiny = new TinyNetwork(trained: true);
        var latents = TinyNetwork.Latents(2, 2);
        var together = tiny.Velocity(latents, TinyNetwork.Times([0.3f, 0.3f], [0f, 0.8f]), "red", "a red circle moves");
        var alone = tiny.Velocity(latents.narrow(0, 0, 1), TinyNetwork.Times([0.3f, 0.3f]), "red");
        Assert.True(LargestDifference(together.narrow(0, 0, 1), alone) < 1e-5);
    }

    [Fact]
    public void The_caption_matters()
    {
        var tiny = new TinyNetwork(trained: true);
        var latents = TinyNetwork.Latents(1, 2);
        var times = TinyNetwork.Times([0.3f, 0.3f]);
        Assert.True(LargestDifference(tiny.Velocity(latents, times, "red"), tiny.Velocity(latents, times, "circle")) > 1e-3);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 8)]
    [InlineData(5, 4)]
    public void One_network_takes_other_lengths_and_sizes(int frames, int size)
    {
        var velocity = new TinyNetwork(trained: true).Velocity(
            TinyNetwork.Latents(1, frames, size: size), TinyNetwork.Times([.. Enumerable.Range(0, 1).Select(_ => Enumerable.Repeat(0.5f, frames).ToArray())]), "red");
        Assert.Equal([1, frames, 4, size, size], velocity.shape);
        Assert.True(velocity.isfinite().all().ToBoolean());
    }

    [Fact]
    public void A_gradient_reaches_every_parameter_that_a_caption_uses()
    {
        var tiny = new TinyNetwork(trained: true);
        var flat = tiny.Flat.clone().requires_grad_(true);
        var text = TextBatch.From([TinyNetwork.Vocabulary.Encode("a red circle", 8)], CPU);
        var velocity = tiny.Network.Forward(
            new ParameterViews(tiny.Network.Layout, flat, float32), TinyNetwork.Latents(1, 3), FrameTimes.From(TinyNetwork.Times([0f, 0.5f, 0.5f])), text);
        var gradient = autograd.grad([velocity.square().sum()], [flat])[0];
        foreach (var (name, view) in tiny.Network.Layout.Named(gradient))
            Assert.True(view.abs().max().ToDouble() > 0, $"no gradient reached {name}");
    }

    [Fact]
    public void In_bf16_the_velocity_stays_close()
    {
        var tiny = new TinyNetwork(trained: true);
        var latents = TinyNetwork.Latents(2, 3);
        var times = TinyNetwork.Times([0.3f, 0.3f, 0.3f], [0f, 0.8f, 0.8f]);
        var single = tiny.Velocity(latents, times, "red", "");
        using var _ = no_grad();
        var text = TextBatch.From([TinyNetwork.Vocabulary.Encode("red", 8), TinyNetwork.Vocabulary.Encode("", 8)], CPU);
        var brain = tiny.Network.Forward(new ParameterViews(tiny.Network.Layout, tiny.Flat, bfloat16), latents, FrameTimes.From(times), text);
        Assert.Equal(float32, brain.dtype);
        Assert.True(LargestDifference(single, brain) < 0.05 * single.abs().max().ToDouble());
    }

    [Fact]
    public void Patches_join_to_what_was_split()
    {
        var latents = TinyNetwork.Latents(2, 3, size: 8);
        var patches = Patches.Split(latents, 2);
        Assert.Equal([2, 3, 16, 16], patches.shape);
        Assert.True(SameBits(latents, Patches.Join(patches, 2, 4, 8, 8)));
    }

    [Fact]
    public void Wrong_shapes_are_refused_with_both_numbers()
    {
        var tiny = new TinyNetwork(trained: false);
        Assert.Contains("[1, 2]", Assert.Throws<ArgumentException>(() => tiny.Velocity(TinyNetwork.Latents(1, 3), TinyNetwork.Times([0f, 0f]), "red")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Patches.Split(TinyNetwork.Latents(1, 1, size: 5), 2));
    }
}

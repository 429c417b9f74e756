using MiniSora.Model.Backbones;
using MiniSora.Model.Layers;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Training;

public sealed class TokenMaskingTests : TorchTests
{
    private static readonly TrainingOptions Half = new() { Steps = 100, MaskRatio = 0.5 };

    public static TheoryData<string> Systems => ["minisora", "minisora spanning", "dit label", "latte text", "latte images", "sit gvp noise", "latte parallel"];

    [Fact]
    public void The_last_steps_see_everything_and_ratio_zero_never_masks()
    {
        Assert.NotNull(TokenMasking.For(1, 90, Half));
        Assert.Null(TokenMasking.For(1, 91, Half));
        Assert.Null(TokenMasking.For(1, 1, Half with { MaskRatio = 0 }));
        Assert.Null(TokenMasking.For(1, 1, Half with { UnmaskedShare = 1 }));
    }

    [Fact]
    public void Every_frame_keeps_as_many_places_as_wanted_and_every_place_has_its_turn()
    {
        var seen = new int[2, 16];
        for (ulong step = 0; step < 400; step++)
        {
            var random = SplitMix64.For(5, step);
            var drawn = TokenSubset.Draw(ref random, 2, 2, 16, 4);
            Assert.All(drawn.Places, places => Assert.Equal(4, places.Distinct().Count()));
            Assert.All(drawn.Places, places => Assert.Equal(places.Order(), places));
            for (var f = 0; f < 2; f++)
                foreach (var place in drawn.Places[f])
                    seen[f, place]++;
        }

        // 100 expected, standard deviation 8.7.
        Assert.All(seen.Cast<int>(), count => Assert.InRange(count, 60, 140));
    }

    [Theory]
    [InlineData(0.5, 16, 32, 8)]
    [InlineData(0.75, 16, 32, 4)]
    [InlineData(0.6, 16, 32, 8)]
    [InlineData(0.6, 16, 0, 6)]
    [InlineData(0.9, 4, 0, 1)]
    public void The_number_kept_fits_the_text_in_the_sequence(double ratio, int perFrame, int text, int kept) =>
        Assert.Equal(kept, TokenSubset.CountFor(ratio, perFrame, text));

    [Fact]
    public void Spreading_undoes_the_choice_and_weights_have_mean_one()
    {
        var subset = new TokenSubset(1, [[1, 2]]);
        var x = randn(3, 1, 4, 5);
        var spread = subset.Spread(subset.Of(x).squeeze(1), 4);
        Assert.True(SameBits(x[TensorIndex.Colon, 0, 1], spread[TensorIndex.Colon, 1]));
        Assert.Equal(0, spread[TensorIndex.Colon, 0].abs().sum().ToSingle());
        var weight = subset.Weight(2, 2, 3);
        Assert.Equal([1, 1, 1, 6, 6], weight.shape);
        Assert.Equal(1, weight.mean().ToSingle(), 1e-6);
        Assert.Equal(2, weight[0, 0, 0, 0, 5].ToSingle());
        Assert.Equal(0, weight[0, 0, 0, 0, 0].ToSingle());
    }

    /// <summary>Keeping every place goes through all the choosing and must change nothing.</summary>
    [Theory]
    [MemberData(nameof(Systems))]
    public void Keeping_all_tokens_is_the_plain_step(string system)
    {
        using var plain = new TrainedSystem(system);
        using var all = new TrainedSystem(system, setup => setup with { Training = setup.Training with { MaskRatio = 0.01, MaskMixerBlocks = 1 } });
        using var batch = all.Builder.Build(1);
        Assert.NotNull(Kept(batch));
        var (one, other) = (plain.Run(1), all.Run(1));
        Assert.Equal(one.Loss, other.Loss, 1e-5 * one.Loss);
        Assert.InRange(LargestDifference(one.Gradient, other.Gradient), 0, 1e-4 * one.Gradient.abs().max().item<float>());
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public void The_loss_is_on_kept_tokens_only(string system)
    {
        using var masked = new TrainedSystem(system, setup => setup with { Training = setup.Training with { MaskRatio = 0.5, MaskMixerBlocks = 1 } });
        using var batch = masked.Builder.Build(1);
        var kept = Kept(batch)!;
        Tensor Loss(TrainingBatch of) => masked.System.Loss(new ParameterViews(masked.System.Layout, masked.Parameters.detach(), ScalarType.Float32), of);
        if (batch is FlowBatch flow)
        {
            Assert.Equal(kept.Count, flow.Target.shape[2]);
            Assert.True(kept.Count < flow.Mixed.shape[2]);
            return;
        }

        // The target's part under a dropped token may be anything.
        var before = Loss(batch);
        var diffusion = (DenoisingBatch)batch;
        using var outside = diffusion.CellWeight!.eq(0).to(ScalarType.Float32);
        Assert.True(outside.sum().ToSingle() > 0);
        using var spoiled = diffusion.CellWeight! * 1;
        var twice = Loss(diffusion with { CellWeight = spoiled * 2 });
        Assert.Equal(2 * before.ToSingle(), twice.ToSingle(), 1e-4 * before.ToSingle());
        Assert.NotEqual(before.ToSingle(), Loss(diffusion with { CellWeight = null }).ToSingle());
    }

    [Theory]
    [InlineData("minisora")]
    [InlineData("dit label")]
    [InlineData("latte text")]
    public void A_masked_run_trains_and_ends_unmasked(string system)
    {
        var setup = system == "minisora" ? TinyRun.Setup() : MiniSora.Model.Tests.Systems.TinySystem.Setup(system);
        setup = setup with { Training = setup.Training with { Steps = 10, MaskRatio = 0.75, MaskMixerBlocks = 1, UnmaskedShare = 0.5 } };
        using var trainer = TinyRun.New(setup);
        Assert.All(TinyRun.Steps(trainer, 10), step => Assert.True(double.IsFinite(step.Loss) && step.GradientNorm > 0));
    }

    private static TokenSubset? Kept(TrainingBatch batch) => batch is FlowBatch flow ? flow.Kept : ((DenoisingBatch)batch).Kept;
}

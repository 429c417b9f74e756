using MiniSora.Model.Objectives;

namespace MiniSora.Model.Tests.Objectives;

public sealed class BetasTests
{
    [Theory]
    [InlineData(1000, 1e-4, 0.02)]
    [InlineData(100, 1e-3, 0.2)]
    public void The_linear_schedule_scales_with_its_steps(int steps, double first, double last)
    {
        var betas = Betas.Of(NoiseSchedule.Linear, steps);
        Assert.Equal((first, last, steps), (betas[0], betas[^1], betas.Count));
    }

    [Fact]
    public void The_cosine_schedule_never_passes_its_cap() =>
        Assert.Equal(0.999, Betas.Of(NoiseSchedule.SquaredCosine, 1000).Max());

    [Fact]
    public void Shapes_between_two_ends()
    {
        Assert.Equal([0.25, 0.5, 0.75, 1], Betas.Of(BetaShape.Linear, 0.25, 1, 4));
        Assert.Equal([0.25, 0.5625, 1], Betas.Of(BetaShape.Quadratic, 0.25, 1, 3));
        Assert.Equal([1, 1], Betas.Of(BetaShape.Constant, 0.25, 1, 2));
        Assert.Equal([0.25, 0.5, 1.0 / 1], Betas.Of(BetaShape.Harmonic, 0, 0, 4).Where((_, i) => i != 1));
        Assert.Equal([0.5, 1, 1, 1], Betas.Of(BetaShape.WarmUpHalf, 0.5, 1, 4));
        Assert.Equal(18, Betas.Of(BetaShape.WarmUpTenth, 0.5, 1, 20).Count(beta => beta == 1) - 1);
    }

    [Fact]
    public void A_zero_terminal_snr_leaves_no_signal_and_keeps_the_first_step()
    {
        var betas = Betas.Of(NoiseSchedule.Linear, 50);
        var rescaled = Betas.ZeroTerminalSnr(betas);
        using var tables = new DiffusionTables(rescaled);
        Assert.Equal(betas[0], rescaled[0], 1e-12);
        Assert.Equal(1, rescaled[^1]);
        Assert.Equal(0, tables.SqrtAlphaBar.Values[^1]);
        Assert.All(tables.SqrtAlphaBar.Values.Zip(tables.SqrtAlphaBar.Values.Skip(1)), pair => Assert.True(pair.First > pair.Second));
    }

    [Fact]
    public void In_between_the_rescaled_roots_are_a_straight_map_of_the_old()
    {
        var betas = Betas.Of(NoiseSchedule.Linear, 50);
        using var before = new DiffusionTables(betas);
        using var after = new DiffusionTables(Betas.ZeroTerminalSnr(betas));
        var (first, last) = (before.SqrtAlphaBar.Values[0], before.SqrtAlphaBar.Values[^1]);
        for (var i = 0; i < 50; i++)
            Assert.Equal((before.SqrtAlphaBar.Values[i] - last) * first / (first - last), after.SqrtAlphaBar.Values[i], 1e-9);
    }
}

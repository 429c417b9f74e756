using MiniSora.Model.Objectives;

namespace MiniSora.Model.Tests.Objectives;

public sealed class DiffusionProcessTests
{
    [Fact]
    public void A_count_spreads_over_all_steps()
    {
        var kept = DiffusionProcess.KeptTimes(1000, "250");
        Assert.Equal(250, kept.Count);
        Assert.Equal([0, 4, 8], kept.Take(3));
        Assert.Equal(999, kept[^1]);
    }

    [Fact]
    public void Ddim_takes_the_smallest_whole_stride() =>
        Assert.Equal(Enumerable.Range(0, 50).Select(i => 20 * i), DiffusionProcess.KeptTimes(1000, "ddim50"));

    [Fact]
    public void Sections_have_counts_of_their_own()
    {
        var kept = DiffusionProcess.KeptTimes(300, "10,15,20");
        Assert.Equal([10, 15, 20], Enumerable.Range(0, 3).Select(section => kept.Count(time => time / 100 == section)));
        Assert.Equal([0, 11, 22], kept.Take(3));
        Assert.Equal([99, 199, 299], [kept[9], kept[24], kept[44]]);
    }

    [Theory]
    [InlineData(1000, "ddim300")]
    [InlineData(10, "20")]
    [InlineData(300, "101,10,10")]
    [InlineData(1000, "many")]
    [InlineData(1000, "-5")]
    public void What_cannot_be_is_refused(int steps, string spacing) =>
        Assert.Throws<ArgumentException>(() => DiffusionProcess.KeptTimes(steps, spacing));

    [Fact]
    public void Kept_steps_have_the_signal_they_had()
    {
        using var all = new DiffusionTables(Betas.Of(NoiseSchedule.Linear, 1000));
        var process = DiffusionProcess.Of(NoiseSchedule.Linear, 1000, "17");
        using var some = new DiffusionTables(process.Betas);
        for (var i = 0; i < process.Steps; i++)
            Assert.Equal(all.AlphaBar.Values[process.OriginalTimes[i]], some.AlphaBar.Values[i], 1e-12);
    }

    [Fact]
    public void Without_a_spacing_all_steps_stay_as_they_are()
    {
        var process = DiffusionProcess.Of(NoiseSchedule.SquaredCosine, 20);
        Assert.Equal(Enumerable.Range(0, 20), process.OriginalTimes);
        foreach (var (kept, original) in process.Betas.Zip(Betas.Of(NoiseSchedule.SquaredCosine, 20)))
            Assert.Equal(original, kept, 1e-12);
    }
}

using MiniSora.Web.Retention;

namespace MiniSora.Web.Tests.Retention;

public sealed class CheckpointRuleTests
{
    private static readonly long[] Steps = [100, 200, 300, 400, 500, 600, 700];

    [Theory]
    [InlineData(1, false, 0, new long[] { 700 })]
    [InlineData(2, false, 0, new long[] { 600, 700 })]
    [InlineData(1, true, 0, new long[] { 300, 700 })]
    [InlineData(1, false, 250, new long[] { 300, 500, 700 })]
    [InlineData(2, true, 300, new long[] { 300, 600, 700 })]
    [InlineData(9, false, 0, new long[] { 100, 200, 300, 400, 500, 600, 700 })]
    public void The_newest_the_best_and_one_in_each_stretch_stay(int last, bool best, long every, long[] kept) =>
        Assert.Equal(kept, CheckpointRule.Kept(Steps, new() { LastCheckpoints = last, KeepBest = best, EverySteps = every }, bestStep: 330).Order());

    [Fact]
    public void What_is_kept_once_is_kept_when_more_come()
    {
        var policy = new RetentionPolicy { LastCheckpoints = 1, EverySteps = 250 };
        var there = new List<long>();
        for (var step = 100; step <= 2000; step += 100)
        {
            there.Add(step);
            var kept = CheckpointRule.Kept(there, policy, null);
            there.RemoveAll(old => !kept.Contains(old));
        }

        Assert.Equal([300, 500, 800, 1000, 1300, 1500, 1800, 2000], there);
    }

    [Fact]
    public void Without_a_held_out_loss_nothing_is_best() =>
        Assert.Equal([700], CheckpointRule.Kept(Steps, new() { LastCheckpoints = 1, KeepBest = true }, bestStep: null));
}

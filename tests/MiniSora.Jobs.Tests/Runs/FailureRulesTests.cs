using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class FailureRulesTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Theory]
    [InlineData("out_of_memory", "", FailureClass.OutOfMemory, FailureRemedy.HalveBatch)]
    [InlineData("process_lost", "137", FailureClass.OutOfMemory, FailureRemedy.HalveBatch)]
    [InlineData("process_lost", "1", FailureClass.LostWorker, FailureRemedy.TryAgain)]
    [InlineData("process_lost", "", FailureClass.LostWorker, FailureRemedy.TryAgain)]
    [InlineData("diverged", "", FailureClass.Diverged, FailureRemedy.LowerRate)]
    [InlineData("data_stall", "", FailureClass.DataStall, FailureRemedy.TryAgain)]
    [InlineData("disk_full", "", FailureClass.DiskFull, FailureRemedy.WaitForRoom)]
    [InlineData("start_unfit", "", FailureClass.Request, FailureRemedy.ChangeSettings)]
    [InlineData("device_missing", "", FailureClass.Machine, FailureRemedy.Retry)]
    [InlineData("software", "", FailureClass.Software, FailureRemedy.Retry)]
    [InlineData("of another version", "", FailureClass.Software, FailureRemedy.Retry)]
    public void A_failure_has_a_class_and_a_next_step(string code, string exitCode, FailureClass kind, FailureRemedy remedy)
    {
        var rule = FailureRules.Of(code, new Dictionary<string, string> { ["exitCode"] = exitCode });

        Assert.Equal((kind, remedy), (rule.Class, rule.Remedy));
    }

    [Fact]
    public void Every_code_stands_in_one_line_of_the_table_and_every_class_has_one()
    {
        var twice = FailureRules.All.Where(rule => rule.ExitCode is null).SelectMany(rule => rule.Codes).GroupBy(code => code).Where(group => group.Count() > 1);

        Assert.Empty(twice);
        Assert.Empty(RunFailure.Codes.Except(FailureRules.All.SelectMany(rule => rule.Codes)));
        Assert.Equal(Enum.GetValues<FailureClass>(), FailureRules.All.Select(rule => rule.Class).Distinct().Order());
    }

    [Fact]
    public void Pauses_grow_and_what_a_person_must_decide_has_none()
    {
        var stall = FailureRules.Of("data_stall", Nothing);
        Assert.Equal([30, 120], new[] { 1, 2 }.Select(n => stall.Pause(n).TotalSeconds));
        Assert.All(FailureRules.All, rule => Assert.Equal(rule.IsAutomatic, rule.FirstPause > TimeSpan.Zero));
    }
}

using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;

namespace MiniSora.Model.Tests.Evaluation.Scores;

public sealed class ScoreComparisonTests
{
    private static readonly ScoreConditions On = new()
    {
        Dataset = "shapes",
        Language = "both",
        Reference = "r",
        Features = "f",
        Protocol = "encoder/1",
        Clips = 128,
        References = 256,
        Frames = 16,
        Size = 32,
        Sampler = "euler",
        Steps = 20,
        Seed = 1,
        Device = "cpu",
    };

    private static ScoreRecord Record(ScoreMetric metric, ScoreConditions? on = null) => ScoreRecord.Of(metric, 1, null, null, on ?? On);

    [Fact]
    public void What_is_compared_may_differ()
    {
        var other = On with { Sampler = "heun", Steps = 4, Guidance = 3, Ema = 0.1, Seed = 9, Checkpoint = "c", Software = "2", Device = "cuda" };
        Assert.All(ScoreMetrics.All.Where(metric => !metric.OfMachine), metric => Assert.True(ScoreComparison.CanShareColumn(Record(metric), Record(metric, other))));
    }

    [Theory]
    [InlineData("frechet_clips", "features, protocol, clips, references")]
    [InlineData("kernel_clips", "features, protocol")]
    [InlineData("flicker", "")]
    [InlineData("seconds_per_second", "device")]
    [InlineData("joint_seen", "language")]
    public void Each_metric_names_what_keeps_two_numbers_apart(string id, string expected)
    {
        var other = On with { Features = "g", Protocol = "styleganv", Clips = 64, References = 64, Device = "cuda", Language = "en" };
        var metric = ScoreMetrics.Find(id)!;
        Assert.Equal(expected, string.Join(", ", ScoreComparison.Differences(Record(metric), Record(metric, other))));
    }

    [Fact]
    public void Reference_set_size_version_and_metric_count_for_all()
    {
        var flicker = Record(ScoreMetrics.Flicker);
        Assert.Equal(["reference"], ScoreComparison.Differences(flicker, Record(ScoreMetrics.Flicker, On with { Reference = "s" })));
        Assert.Equal(["size"], ScoreComparison.Differences(flicker, Record(ScoreMetrics.Flicker, On with { Size = 64 })));
        Assert.Equal(["sub_sampling"], ScoreComparison.Differences(flicker, Record(ScoreMetrics.Flicker, On with { SubSampling = 3 })));
        Assert.Equal(["version"], ScoreComparison.Differences(flicker, flicker with { Version = 2 }));
        Assert.Equal(["metric"], ScoreComparison.Differences(flicker, Record(ScoreMetrics.Jerk)));
    }

    [Fact]
    public void A_report_reads_back_as_it_was_written()
    {
        var report = new ScoreReport([ScoreRecord.Of(ScoreMetrics.Quality, 0.5, new Interval(0.4, 0.6), null, On)], [1, 2, 3]);
        var read = ScoreReport.FromJson(report.ToJson());
        Assert.Equal(report.Records, read.Records);
        Assert.Equal(report.LossByLevel, read.LossByLevel);
        Assert.Throws<System.Text.Json.JsonException>(() => ScoreReport.FromJson("{}"));
    }
}

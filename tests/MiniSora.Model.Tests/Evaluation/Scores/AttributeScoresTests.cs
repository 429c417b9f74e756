using MiniSora.Model.Datasets;
using MiniSora.Model.Evaluation;
using MiniSora.Model.Evaluation.Scores;

namespace MiniSora.Model.Tests.Evaluation.Scores;

public sealed class AttributeScoresTests
{
    private static ReadClip Clip(ShapeCombo combo, bool right) => new(combo, right ? new ShapeReading(combo.Shape, combo.Colour, combo.Size, combo.Motion, 1) : null);

    private static List<ReadClip> Clips(int seenRight, int pairsRight, int triplesRight) =>
    [
        .. Enumerable.Range(0, 20).Select(i => Clip(ShapeCombo.Seen[i], i < seenRight)),
        .. Enumerable.Range(0, 20).Select(i => Clip(ShapeCombo.HeldOutPairs[i], i < pairsRight)),
        .. Enumerable.Range(0, 20).Select(i => Clip(ShapeCombo.HeldOutTriples[i], i < triplesRight)),
    ];

    [Fact]
    public void Quality_is_the_harmonic_mean_of_the_three_parts()
    {
        var report = new ScoreReport(AttributeScores.Of(Clips(20, 10, 5), new()), []);
        Assert.Equal(3 / (1 + 2 + 4.0), report.Find(ScoreMetrics.Quality)!.Value, 12);
        Assert.Equal((1.0, 20), (report.Find(ScoreMetrics.JointSeen)!.Value, report.Find(ScoreMetrics.JointSeen)!.On.Clips));
        Assert.Equal((15 / 40.0, 40), (report.Find(ScoreMetrics.JointHeldOut)!.Value, report.Find(ScoreMetrics.JointHeldOut)!.On.Clips));
        Assert.Equal(35 / 60.0, report.Find(ScoreMetrics.Shape)!.Value, 12);
    }

    [Fact]
    public void An_interval_holds_its_value_and_has_a_width_even_when_all_is_right()
    {
        foreach (var clips in new[] { Clips(20, 20, 20), Clips(20, 10, 5), Clips(0, 20, 20) })
        {
            var quality = new ScoreReport(AttributeScores.Of(clips, new()), []).Find(ScoreMetrics.Quality)!;
            Assert.InRange(quality.Value, quality.Low!.Value, quality.High!.Value);
            Assert.True(quality.High - quality.Low > 0.02);
        }
    }

    [Fact]
    public void Without_held_out_clips_there_is_no_quality()
    {
        var report = new ScoreReport(AttributeScores.Of([.. Clips(10, 0, 0).Take(20)], new()), []);
        Assert.Null(report.Find(ScoreMetrics.Quality));
        Assert.Equal(0.5, report.Find(ScoreMetrics.JointSeen)!.Value);
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation.Scores;

/// <summary>
/// Distances of features with intervals. The interval is ± 1.96 standard deviations over half-samples without repetition of both sets
/// (subsampling, Politis and Romano 1994; at half the size the deviation needs no factor): a resampling with repetition would put equal clips
/// into one set, which a kernel distance takes for agreement.
/// </summary>
public static class FeatureScores
{
    private const int HalfSamples = 50;




    /// <summary>Fréchet and kernel distance, coverage, authenticity of clip features; only the first two for frames.</summary>
    /// <param name="generated">[N, D].</param>
    /// <param name="real">[M, D].</param>
    /// <param name="training">[L, D] features of training clips, or null: no authenticity.</param>
    /// <param name="frames">Features of frames instead of clips.</param>
    /// <param name="on">Conditions, with network and counts.</param>
    public static IReadOnlyList<ScoreRecord> Of(Tensor generated, Tensor real, Tensor? training, bool frames, ScoreConditions on)
    {
        var records = new List<ScoreRecord>();
        var (n, m) = ((int)generated.shape[0], (int)real.shape[0]);
        if (Math.Min(n, m) < 4)
            return records;
        void Add(ScoreMetric metric, double value, double? deviation, double scale = 1, double least = double.NegativeInfinity) => records.Add(ScoreRecord.Of(
            metric, value * scale,
            deviation is { } spread ? new Interval(Math.Max(least, (value - 1.96 * spread) * scale), (value + 1.96 * spread) * scale) : null, null, on));

        using var scope = NewDisposeScope();
        var (realUnits, generatedUnits) = FeatureMatrix.Standardised(real, generated);
        var (frechet, kernel) = (frames ? ScoreMetrics.FrechetFrames : ScoreMetrics.FrechetClips, frames ? ScoreMetrics.KernelFrames : ScoreMetrics.KernelClips);
        Add(frechet, FrechetDistance.Between(generated, real), Deviation(generated, real, static (x, y) => FrechetDistance.Between(x, y)), least: 0);
        if (!frames && n >= 16)
            Add(ScoreMetrics.FrechetClipsLimit, InfiniteSamples.Frechet(generated, real, Math.Max(4, n / 3), seed: 1, parts: 8).Limit, null);
        Add(kernel, KernelDistance.Between(generatedUnits, realUnits), Deviation(generatedUnits, realUnits, static (x, y) => KernelDistance.Between(x, y)), 1000);
        if (frames)
            return records;
        if (m > 5)
        {
            var coverage = FeatureNeighbours.Coverage(realUnits, generatedUnits).Coverage;
            var covered = (int)Math.Round(coverage * m);
            records.Add(ScoreRecord.Of(ScoreMetrics.Coverage, coverage, WilsonInterval.Of(covered, m), null, on));
        }

        if (training is not null && training.shape[0] >= 2)
        {
            var (trainingUnits, ownUnits) = FeatureMatrix.Standardised(training, generated);
            var share = FeatureNeighbours.Authenticity(trainingUnits, ownUnits);
            records.Add(ScoreRecord.Of(ScoreMetrics.Authenticity, share, WilsonInterval.Of((int)Math.Round(share * n), n), null, on));
        }

        return records;
    }

    private static double Deviation(Tensor x, Tensor y, Func<Tensor, Tensor, double> distance)
    {
        var (n, m) = ((int)x.shape[0], (int)y.shape[0]);
        var values = new double[HalfSamples];
        for (var i = 0; i < HalfSamples; i++)
        {
            using var scope = NewDisposeScope();
            var random = SplitMix64.For(1, (ulong)i);
            values[i] = distance(FeatureMatrix.Rows(x.cpu(), RandomSubset.Draw(ref random, n, n / 2)), FeatureMatrix.Rows(y.cpu(), RandomSubset.Draw(ref random, m, m / 2)));
        }

        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (HalfSamples - 1));
    }
}

using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation.Scores;

/// <summary>A clip of moving shapes and what it was asked to show.</summary>
/// <param name="Expected">The combination.</param>
/// <param name="Reading">What the analytic reader saw; null for nothing.</param>
public sealed record ReadClip(ShapeCombo Expected, ShapeReading? Reading)
{
    /// <summary>All four right.</summary>
    public bool Joint => Reading?.Matches(Expected) == true;
}

/// <summary>Attribute accuracies of moving shapes with their intervals.</summary>
public static class AttributeScores
{
    private const ulong Seed = 1;

    /// <summary>
    /// Shares with Wilson intervals; the quality with a bootstrap over the clips of each part. Parts without clips are left out; without all
    /// three there is no quality.
    /// </summary>
    public static IReadOnlyList<ScoreRecord> Of(IReadOnlyList<ReadClip> clips, ScoreConditions on)
    {
        if (clips.Count == 0)
            throw new ArgumentException("at least one clip is needed", nameof(clips));
        var records = new List<ScoreRecord>();
        void Share(ScoreMetric metric, IReadOnlyList<ReadClip> among, Func<ReadClip, bool> right)
        {
            if (among.Count == 0)
                return;
            var count = among.Count(right);
            records.Add(ScoreRecord.Of(metric, (double)count / among.Count, WilsonInterval.Of(count, among.Count), null, on with { Clips = among.Count }));
        }

        List<ReadClip> Part(ShapeHoldOut part) => [.. clips.Where(clip => clip.Expected.HoldOut == part)];
        var (seen, pairs, triples) = (Part(ShapeHoldOut.Seen), Part(ShapeHoldOut.Pair), Part(ShapeHoldOut.Triple));
        if (seen.Count > 0 && pairs.Count > 0 && triples.Count > 0)
            records.Add(Quality([seen, pairs, triples], on with { Clips = clips.Count }));
        Share(ScoreMetrics.JointSeen, seen, clip => clip.Joint);
        Share(ScoreMetrics.JointHeldOut, [.. pairs, .. triples], clip => clip.Joint);
        Share(ScoreMetrics.JointHeldOutPairs, pairs, clip => clip.Joint);
        Share(ScoreMetrics.JointHeldOutTriples, triples, clip => clip.Joint);
        Share(ScoreMetrics.Shape, clips, clip => clip.Reading?.Shape == clip.Expected.Shape);
        Share(ScoreMetrics.Colour, clips, clip => clip.Reading?.Colour == clip.Expected.Colour);
        Share(ScoreMetrics.Size, clips, clip => clip.Reading?.Size == clip.Expected.Size);
        Share(ScoreMetrics.Motion, clips, clip => clip.Reading?.Motion == clip.Expected.Motion);
        Share(ScoreMetrics.Valid, clips, clip => clip.Reading?.Valid == true);
        return records;
    }

    /// <summary>n / Σ(1/x); 0 as soon as one value is.</summary>
    public static double HarmonicMean(IReadOnlyList<double> values) => values.Any(value => value <= 0) ? 0 : values.Count / values.Sum(value => 1 / value);

    /// <summary>
    /// The interval is that of the posterior with even priors, Beta(right + 1, wrong + 1) for each part: a part that is all right or all
    /// wrong still has a width, which a resampling of its clips would not give it.
    /// </summary>
    private static ScoreRecord Quality(IReadOnlyList<List<ReadClip>> parts, ScoreConditions on)
    {
        const int Draws = 1000;
        var right = parts.Select(part => part.Count(clip => clip.Joint)).ToArray();
        var values = new double[Draws];
        for (var i = 0; i < Draws; i++)
        {
            var random = SplitMix64.For(Seed, (ulong)i);
            var shares = new double[parts.Count];
            for (var part = 0; part < parts.Count; part++) shares[part] = DrawBeta(ref random, right[part], parts[part].Count);
            values[i] = HarmonicMean(shares);
        }

        Array.Sort(values);
        var value = HarmonicMean([.. right.Select((count, part) => (double)count / parts[part].Count)]);
        var (low, high) = (Bootstrap.Quantile(values, 0.025), Bootstrap.Quantile(values, 0.975));
        return ScoreRecord.Of(ScoreMetrics.Quality, value, new Interval(Math.Min(low, value), Math.Max(high, value)), null, on);
    }

    /// <summary>Beta(right + 1, n − right + 1): of n + 1 uniform numbers the one that right others are below.</summary>
    private static double DrawBeta(ref SplitMix64 random, int right, int n)
    {
        var uniform = new double[n + 1];
        for (var i = 0; i <= n; i++) uniform[i] = random.NextDouble();
        Array.Sort(uniform);
        return uniform[right];
    }
}

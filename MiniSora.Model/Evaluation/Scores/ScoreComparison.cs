namespace MiniSora.Model.Evaluation.Scores;

/// <summary>
/// Whether two numbers may stand in one column. They may not when anything differs that changes what is measured; what belongs to the
/// thing that is measured (sampler, steps, guidance, average, seed, checkpoint) may differ, since that is what is compared.
/// </summary>
public static class ScoreComparison
{
    /// <summary>Names of the conditions that keep the two apart; empty when they may be compared.</summary>
    public static IReadOnlyList<string> Differences(ScoreRecord a, ScoreRecord b)
    {
        var found = new List<string>();
        void Compare<T>(string name, T left, T right)
        {
            if (!EqualityComparer<T>.Default.Equals(left, right))
                found.Add(name);
        }

        Compare("metric", a.Metric, b.Metric);
        Compare("version", a.Version, b.Version);
        Compare("dataset", a.On.Dataset, b.On.Dataset);
        Compare("frames", a.On.Frames, b.On.Frames);
        Compare("size", a.On.Size, b.On.Size);
        // A metric of another version of the software: nothing is known of what it needs, so all of it must agree.
        var metric = ScoreMetrics.Find(a.Metric) ?? new ScoreMetric(a.Metric, a.Version, ScoreDirection.Higher)
        {
            UsesReference = true,
            UsesFeatures = true,
            DependsOnCount = true,
            UsesPrompts = true,
            OfMachine = true,
        };
        if (metric.UsesPrompts)
            Compare("language", a.On.Language, b.On.Language);
        if (metric.UsesReference)
        {
            Compare("reference", a.On.Reference, b.On.Reference);
            Compare("sub_sampling", a.On.SubSampling, b.On.SubSampling);
        }

        if (metric.UsesFeatures)
        {
            Compare("features", a.On.Features, b.On.Features);
            Compare("protocol", a.On.Protocol, b.On.Protocol);
        }

        if (metric.DependsOnCount)
        {
            Compare("clips", a.On.Clips, b.On.Clips);
            Compare("references", a.On.References, b.On.References);
        }

        if (metric.OfMachine)
            Compare("device", a.On.Device, b.On.Device);
        return found;
    }

    /// <summary>Whether the two may stand in one column.</summary>
    public static bool CanShareColumn(ScoreRecord a, ScoreRecord b) => Differences(a, b).Count == 0;
}

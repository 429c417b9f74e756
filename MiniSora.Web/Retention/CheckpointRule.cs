namespace MiniSora.Web.Retention;

/// <summary>Which checkpoints of a run its policy keeps.</summary>
internal static class CheckpointRule
{
    /// <summary>The steps that stay, of those that are there.</summary>
    /// <param name="bestStep">Step of the lowest held-out loss; null when none was measured.</param>
    public static IReadOnlySet<long> Kept(IEnumerable<long> steps, RetentionPolicy policy, long? bestStep)
    {
        var sorted = steps.Distinct().Order().ToList();
        var kept = sorted.TakeLast(policy.LastCheckpoints).ToHashSet();
        if (policy.KeepBest && bestStep is { } best && sorted.Count > 0)
            kept.Add(sorted.MinBy(step => Math.Abs(step - best)));
        // The first of each stretch, and not the multiples: checkpoints need not lie on them. The same one stays at every later look.
        if (policy.EverySteps > 0)
            kept.UnionWith(sorted.Where(step => step >= policy.EverySteps).GroupBy(step => step / policy.EverySteps).Select(stretch => stretch.First()));
        return kept;
    }
}

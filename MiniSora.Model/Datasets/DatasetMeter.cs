namespace MiniSora.Model.Datasets;

/// <summary>Reports progress that never goes back, and not more often than a hundredth at a time.</summary>
internal sealed class DatasetMeter(IProgress<DatasetProgress>? progress)
{
    private readonly Lock gate = new();
    private DatasetProgress last = new(DatasetPhase.Verifying, -1, "");

    /// <summary>The share reported last, 0 to 1.</summary>
    internal double Fraction => Math.Max(0, last.Fraction);

    internal void Report(DatasetPhase phase, double fraction, string detail)
    {
        lock (gate)
        {
            var next = new DatasetProgress(phase, Math.Clamp(Math.Max(fraction, last.Fraction), 0, 1), detail);
            if (next.Phase == last.Phase && next.Detail == last.Detail && next.Fraction < last.Fraction + 0.01 && next.Fraction < 1)
                return;
            last = next;
            progress?.Report(next);
        }
    }
}

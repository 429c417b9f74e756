using System.Numerics;

namespace MiniSora.Web.Runs;

/// <summary>
/// Reduces a series as it streams by. The bucket width depends on the planned length of the run alone, so that a point
/// of a closed bucket, once shown, stays where it is however many follow.
/// </summary>
internal sealed class Decimator(string name, long width)
{
    /// <summary>Buckets with at most so many points keep them all: a sparse series loses nothing.</summary>
    public const int Few = 4;

    /// <summary>The first bucket keeps so many: a long run that was stopped early, or has just begun, shows how it began.</summary>
    public const int FewAtStart = 256;

    /// <summary>Most raw points after the last closed bucket.</summary>
    public const int LongestTail = 2048;

    private readonly List<long> steps = [];
    private readonly List<double?> means = [];
    private readonly List<double?> least = [];
    private readonly List<double?> greatest = [];
    private readonly List<(long Step, double? Value)> open = [];
    private long bucket = long.MinValue;
    private long count;
    private double sum;
    private long numbers;
    private double min, max;

    /// <summary>A power of two, so that about <paramref name="buckets"/> to twice as many cover the run.</summary>
    public static long WidthFor(long totalSteps, int buckets) =>
        totalSteps <= buckets ? 1 : (long)BitOperations.RoundUpToPowerOf2((ulong)((totalSteps + buckets - 1) / buckets));

    /// <summary>Takes the next point; steps ascend.</summary>
    public void Add(long step, double? value)
    {
        var its = Math.DivRem(step, width, out var rest) - (rest < 0 ? 1 : 0);
        if (its != bucket)
        {
            Close();
            (bucket, count, numbers, sum, min, max) = (its, 0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);
        }

        count++;
        if (value is { } number)
        {
            numbers++;
            sum += number;
            min = Math.Min(min, number);
            max = Math.Max(max, number);
        }

        open.Add((step, value));
        if (open.Count > LongestTail)
            open.RemoveAt(0);
    }

    /// <summary>The series so far; the last bucket is taken for open.</summary>
    public MetricSeries Finish() => new(name, width, steps, means, least, greatest, new([.. open.Select(p => p.Step)], [.. open.Select(p => p.Value)]));

    private void Close()
    {
        if (count > 0 && count <= (steps.Count == 0 ? FewAtStart : Few))
        {
            foreach (var (step, value) in open)
                Entry(step, value, value, value);
        }
        else if (count > 0)
        {
            Entry(open[^1].Step, numbers > 0 ? sum / numbers : null, numbers > 0 ? min : null, numbers > 0 ? max : null);
        }

        open.Clear();
    }

    private void Entry(long step, double? mean, double? low, double? high)
    {
        steps.Add(step);
        means.Add(mean);
        least.Add(low);
        greatest.Add(high);
    }
}

namespace MiniSora.Web.Leaderboards;

/// <summary>Mean of repeated trainings and its interval.</summary>
/// <param name="Mean">Of the repetitions: never the best one.</param>
/// <param name="Low">Lower end of the 95 % interval, at least 0.</param>
/// <param name="High">Upper end, at most 1.</param>
public sealed record RepeatedScore(double Mean, double Low, double High)
{
    // Student's t, 97.5 %, by degrees of freedom from 1.
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    /// <summary>
    /// Student's interval over the repetitions, but never narrower than one evaluation's own: equal repetitions say nothing about the clips that were drawn.
    /// </summary>
    public static RepeatedScore Of(IReadOnlyList<(double Value, double Low, double High)> repetitions)
    {
        if (repetitions.Count == 0)
            throw new ArgumentException("at least one repetition is needed", nameof(repetitions));
        var mean = repetitions.Average(repetition => repetition.Value);
        var own = repetitions.Average(repetition => (repetition.High - repetition.Low) / 2) / Math.Sqrt(repetitions.Count);
        var half = own;
        if (repetitions.Count > 1)
        {
            var deviation = Math.Sqrt(repetitions.Sum(repetition => Math.Pow(repetition.Value - mean, 2)) / (repetitions.Count - 1));
            half = Math.Max(own, Student[Math.Min(repetitions.Count - 2, Student.Length - 1)] * deviation / Math.Sqrt(repetitions.Count));
        }

        return new(mean, Math.Max(0, mean - half), Math.Min(1, mean + half));
    }
}

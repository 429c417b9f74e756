namespace MiniSora.Model.Objectives;

/// <summary>
/// Draws times in proportion to the root mean square of their last losses, and weights the losses so that their mean stays unbiased
/// (Nichol and Dhariwal 2021, §3.3). Uniform until every time has a full history. Not thread-safe.
/// </summary>
/// <param name="steps">Times 0 … steps − 1.</param>
/// <param name="historyPerTime">Losses remembered of each.</param>
/// <param name="uniformShare">Part of the probability that is spread evenly.</param>
internal sealed class LossSecondMomentResampler(int steps, int historyPerTime = 10, double uniformShare = 0.001)
{
    private readonly List<double>[] histories = [.. Enumerable.Range(0, steps).Select(_ => new List<double>(historyPerTime))];

    /// <summary>Probabilities, or ones while cold.</summary>
    public IReadOnlyList<double> Weights()
    {
        if (Array.Exists(histories, history => history.Count < historyPerTime))
            return [.. Enumerable.Repeat(1.0, steps)];
        var roots = Array.ConvertAll(histories, history => Math.Sqrt(history.Average(loss => loss * loss)));
        var sum = roots.Sum();
        return Array.ConvertAll(roots, root => root / sum * (1 - uniformShare) + uniformShare / steps);
    }

    /// <summary>Factor of a loss at each time: 1 / (steps · probability).</summary>
    public IReadOnlyList<double> Importance()
    {
        var weights = Weights();
        var sum = weights.Sum();
        return [.. weights.Select(weight => 1 / (steps * (weight / sum)))];
    }

    /// <summary>Takes unweighted losses; the oldest of a time is forgotten.</summary>
    public void Update(IEnumerable<(int Time, double Loss)> batch)
    {
        foreach (var (time, loss) in batch)
        {
            if (histories[time].Count == historyPerTime)
                histories[time].RemoveAt(0);
            histories[time].Add(loss);
        }
    }

    /// <summary>A time and the factor of its loss.</summary>
    public (int Time, double Factor) Draw(ref SplitMix64 random)
    {
        var weights = Weights();
        var left = random.NextDouble() * weights.Sum();
        var time = 0;
        for (; time < steps - 1 && left >= weights[time]; time++)
            left -= weights[time];
        return (time, weights.Sum() / (steps * weights[time]));
    }
}

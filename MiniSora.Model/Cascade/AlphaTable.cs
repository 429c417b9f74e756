namespace MiniSora.Model.Cascade;

/// <summary>ᾱ of Stable Diffusion's schedule at steps + 1 evenly spaced times, and straight lines between them both ways.</summary>
internal sealed class AlphaTable
{
    private readonly float[] times;
    private readonly float[] variances;

    public AlphaTable(double first, double last, int steps)
    {
        times = TimeGrid.Linear(0, 1, steps + 1);
        variances = new float[steps + 1];
        var product = 1.0;
        for (var i = 0; i <= steps; i++)
        {
            var root = (float)Math.Sqrt(first) * (1 - times[i]) + (float)Math.Sqrt(last) * times[i];
            product *= 1 - root * root;
            variances[i] = (float)product;
        }
    }

    /// <summary>ᾱ at t in [0, 1].</summary>
    public float VarianceAt(float t)
    {
        var right = 1;
        while (right < times.Length - 1 && times[right] < t)
            right++;
        var left = right - 1;
        return variances[left] + (variances[right] - variances[left]) * (t - times[left]) / (times[right] - times[left]);
    }

    /// <summary>The time of a given ᾱ, not clamped: beyond the table the end segments go on.</summary>
    public float TimeAt(float variance)
    {
        var left = 0;
        while (left < times.Length - 2 && variances[left + 1] >= variance)
            left++;
        return times[left] + (times[left + 1] - times[left]) * (variance - variances[left]) / (variances[left + 1] - variances[left]);
    }
}

/// <summary>Evenly spaced float32 numbers.</summary>
internal static class TimeGrid
{
    /// <summary>Both ends included, counted from the nearer end as torch's linspace does.</summary>
    public static float[] Linear(float from, float to, int count)
    {
        var step = (to - from) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i < count / 2 ? from + step * i : to - step * (count - 1 - i))];
    }
}

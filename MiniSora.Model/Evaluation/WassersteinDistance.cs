namespace MiniSora.Model.Evaluation;

/// <summary>Distance of two distributions of a number, such as speeds of clips.</summary>
public static class WassersteinDistance
{
    /// <summary>∫ |F⁻¹(u) − G⁻¹(u)| du over the two sets' quantile functions: how far values must be moved on average.</summary>
    public static double Between(IReadOnlyCollection<double> a, IReadOnlyCollection<double> b)
    {
        if (a.Count == 0 || b.Count == 0) throw new ArgumentException("an empty set has no distribution");
        double[] x = [.. a.Order()], y = [.. b.Order()];
        double distance = 0, done = 0;
        for (var (i, j) = (0, 0); i < x.Length && j < y.Length;)
        {
            // Compared as products: (i + 1)/n and (j + 1)/m must meet exactly at equal shares.
            var (endX, endY) = ((i + 1L) * y.Length, (j + 1L) * x.Length);
            var end = Math.Min(endX, endY) / ((double)x.Length * y.Length);
            distance += (end - done) * Math.Abs(x[i] - y[j]);
            done = end;
            if (endX <= endY) i++;
            if (endY <= endX) j++;
        }

        return distance;
    }
}

namespace MiniSora.Model.Autoencoders;

/// <summary>
/// Eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, section 8.5), in float64 and on one thread:
/// the same input gives the same bits whatever the number of threads.
/// </summary>
internal static class PrincipalAxes
{
    /// <summary>Eigenvalues from large to small, and eigenvectors as rows; each vector's largest entry is positive.</summary>
    internal static (double[] Values, double[][] Vectors) Of(double[,] symmetric)
    {
        var n = symmetric.GetLength(0);
        var a = (double[,])symmetric.Clone();
        var v = new double[n, n];
        for (var i = 0; i < n; i++) v[i, i] = 1;

        for (var sweep = 0; sweep < 60 && OffDiagonal(a) > 1e-24 * Diagonal(a); sweep++)
        {
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++) Rotate(a, v, p, q);
            }
        }

        var order = Enumerable.Range(0, n).OrderByDescending(i => a[i, i]).ThenBy(i => i).ToArray();
        return (order.Select(i => a[i, i]).ToArray(), order.Select(i => Signed(v, i)).ToArray());
    }

    private static void Rotate(double[,] a, double[,] v, int p, int q)
    {
        if (a[p, q] == 0) return;
        var n = a.GetLength(0);
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < n; k++)
        {
            (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
            (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
        }

        for (var k = 0; k < n; k++) (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
    }

    private static double[] Signed(double[,] v, int column)
    {
        var vector = Enumerable.Range(0, v.GetLength(0)).Select(row => v[row, column]).ToArray();
        var sign = Math.Sign(vector.MaxBy(Math.Abs));
        return vector.Select(value => sign * value).ToArray();
    }

    private static double OffDiagonal(double[,] a)
    {
        double sum = 0;
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = i + 1; j < a.GetLength(0); j++) sum += 2 * a[i, j] * a[i, j];
        }

        return sum;
    }

    private static double Diagonal(double[,] a)
    {
        double sum = 0;
        for (var i = 0; i < a.GetLength(0); i++) sum += a[i, i] * a[i, i];
        return sum;
    }
}

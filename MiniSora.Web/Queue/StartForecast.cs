namespace MiniSora.Web.Queue;

/// <summary>How long something takes, in seconds: one in ten is below <paramref name="Low"/>, half below <paramref name="Mid"/>, one in ten above <paramref name="High"/>.</summary>
public sealed record Duration(double Low, double Mid, double High)
{
    /// <summary>A run whose cost nobody estimated.</summary>
    internal static Duration Unknown { get; } = new(30, 180, 1800);
}

/// <summary>A run that holds a device now.</summary>
/// <param name="Whole">Estimated length of the attempt.</param>
/// <param name="Elapsed">Seconds since it began.</param>
/// <param name="Left">Seconds that the run itself says are left; 0 when it says nothing.</param>
internal sealed record Holding(Duration Whole, double Elapsed, double Left);

/// <summary>
/// When waiting runs start: the queue is played through many times with durations drawn from their estimates, in the present order, and the
/// starts are read off as percentiles. Half of the variance is common to all runs of one play, since one machine's estimates err together.
/// </summary>
internal static class StartForecast
{
    private const int Plays = 64;

    // Of a normal distribution: one in ten lies above.
    private const double NinetiethOfNormal = 1.2815515655446004;

    /// <summary>Seconds from now until each waiting run starts. Empty when there is no device.</summary>
    public static IReadOnlyList<Duration> Of(int devices, IReadOnlyList<Holding> running, IReadOnlyList<Duration> waiting)
    {
        if (devices <= 0)
            return [];
        // The same queue gives the same answer: a page that is looked at twice does not jump.
        var random = new Random(1);
        var starts = new double[waiting.Count][];
        for (var i = 0; i < starts.Length; i++)
            starts[i] = new double[Plays];
        for (var play = 0; play < Plays; play++)
            Play(Math.Max(devices, running.Count), devices, running, waiting, random, play, starts);
        return [.. starts.Select(Percentiles)];
    }

    private static void Play(int slots, int devices, IReadOnlyList<Holding> running, IReadOnlyList<Duration> waiting, Random random, int play, double[][] starts)
    {
        var common = Normal(random);
        double Draw(Duration of) => Quantile(of, (common + Normal(random)) / Math.Sqrt(2));
        var free = new PriorityQueue<int, double>();
        foreach (var run in running)
            free.Enqueue(0, Left(run, Draw));
        for (var i = running.Count; i < devices; i++)
            free.Enqueue(0, 0);
        // More runs than devices (somebody took one away): the surplus ends without making room.
        for (var i = devices; i < slots; i++)
            free.Dequeue();
        for (var i = 0; i < waiting.Count; i++)
        {
            free.TryPeek(out _, out var at);
            starts[i][play] = at;
            free.DequeueEnqueue(0, at + Draw(waiting[i]));
        }
    }

    /// <summary>What the run says of itself, give or take; without that, the estimate less the time gone, at least a tenth of it.</summary>
    private static double Left(Holding run, Func<Duration, double> draw) => run.Left > 0
        ? draw(new(run.Left * 0.8, run.Left, run.Left * 1.3))
        : Math.Max(draw(run.Whole) - run.Elapsed, 0.1 * run.Elapsed);

    /// <summary>Two halves of a log-normal distribution, joined at the median.</summary>
    private static double Quantile(Duration of, double z)
    {
        var mid = Math.Max(of.Mid, 1e-3);
        var ratio = z < 0 ? mid / Math.Clamp(of.Low, 1e-3, mid) : Math.Max(of.High, mid) / mid;
        return mid * Math.Exp(z * Math.Log(ratio) / NinetiethOfNormal);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Duration Percentiles(double[] starts)
    {
        Array.Sort(starts);
        double At(double share) => starts[(int)Math.Round(share * (starts.Length - 1))];
        return new(At(0.1), At(0.5), At(0.9));
    }
}

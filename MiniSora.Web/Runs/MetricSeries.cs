namespace MiniSora.Web.Runs;

/// <summary>
/// One metric for a chart. Closed buckets come as one entry with mean, least and greatest value, at the last step
/// that was logged in them; buckets with few points keep each. What lies after the last closed bucket comes raw.
/// </summary>
/// <param name="Name">E.g. <c>loss</c>.</param>
/// <param name="Width">Steps per bucket; fixed for a run's length.</param>
/// <param name="Steps">Ascending.</param>
/// <param name="Mean">Null where no value was a number.</param>
public sealed record MetricSeries(string Name, long Width, IReadOnlyList<long> Steps, IReadOnlyList<double?> Mean, IReadOnlyList<double?> Min, IReadOnlyList<double?> Max, MetricTail Tail);

/// <summary>Raw points after the last closed bucket.</summary>
public sealed record MetricTail(IReadOnlyList<long> Steps, IReadOnlyList<double?> Values);

/// <summary>The points of a run.</summary>
/// <param name="Seq">Live events up to this number are in the series; listen from here.</param>
public sealed record MetricHistory(long Seq, long Step, long TotalSteps, IReadOnlyList<MetricSeries> Series);

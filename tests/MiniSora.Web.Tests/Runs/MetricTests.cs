using MiniSora.Jobs.Runs;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public class MetricTests
{
    [Fact]
    public async Task A_burst_of_2000_points_is_stored_in_order_and_once()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        var reports = Enumerable.Range(1, 2000).Select(i => backend.ReportAsync(grant, Backend.Step(i, i, i))).ToList();
        Assert.All(await Task.WhenAll(reports), outcome => Assert.Equal(ReportOutcome.Accepted, outcome));
        var history = await backend.Get<MetricReader>().ReadAsync(id, ["loss"], 2000, CancellationToken.None);
        var series = Assert.Single(history!.Series);
        var steps = series.Steps.Concat(series.Tail.Steps).ToList();
        Assert.True(steps.SequenceEqual(steps.Order().Distinct()));
        Assert.Equal(2000, (await backend.RunAsync(id)).Step);
        await using var db = await backend.DbAsync();
        Assert.Equal(2000, Assert.Single(Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions
            .SqlQueryRaw<int>(db.Database, "SELECT CAST(count(*) AS int) AS \"Value\" FROM \"MetricPoints\"").AsEnumerable()));
    }

    [Fact]
    public async Task A_resumed_attempt_overwrites_the_steps_it_repeats()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, Backend.Step(1, 1, 10), Backend.Step(2, 2, 20), Backend.Step(3, 3, 30));
        await backend.EndAsync(grant, exitCode: 137);
        grant = (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
        await backend.ReportAsync(grant, Backend.Step(1, 2, 21), Backend.Step(2, 3, 31));
        var history = await backend.Get<MetricReader>().ReadAsync(id, ["loss"], 2000, CancellationToken.None);
        var series = Assert.Single(history!.Series);
        Assert.Equal([10.0, 21, 31], series.Mean.Concat(series.Tail.Values));
    }

    [Fact]
    public async Task Of_two_values_for_a_step_in_one_report_the_later_counts()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, Backend.Step(1, 1, 10), Backend.Step(2, 2, 20), Backend.Step(3, 1, 11), Backend.Step(4, 2, 21));
        var series = Assert.Single((await backend.Get<MetricReader>().ReadAsync(id, ["loss"], 2000, CancellationToken.None))!.Series);
        Assert.Equal([11.0, 21], series.Mean.Concat(series.Tail.Values));
    }

    [Fact]
    public async Task What_is_not_a_number_is_a_gap()
    {
        await using var backend = await Backend.StartAsync();
        var (id, grant) = await backend.RunningAsync(await backend.MemberAsync("mei"));
        await backend.ReportAsync(grant, Backend.Step(1, 1, double.NaN), Backend.Step(2, 2, double.PositiveInfinity), Backend.Step(3, 3, 1));
        var series = Assert.Single((await backend.Get<MetricReader>().ReadAsync(id, ["loss"], 2000, CancellationToken.None))!.Series);
        Assert.Equal([null, null, 1.0], series.Mean.Concat(series.Tail.Values));
    }

    [Fact]
    public void A_point_of_a_closed_bucket_never_moves()
    {
        var width = Decimator.WidthFor(10_000, 500);
        Dictionary<long, (double?, double?, double?)> shown = [];
        for (var length = 100; length <= 10_000; length += 700)
        {
            var series = Decimate(width, Enumerable.Range(1, length).Select(i => ((long)i, Math.Sin(i))));
            var now = series.Steps.Select((s, i) => (s, (series.Mean[i], series.Min[i], series.Max[i]))).ToDictionary(x => x.s, x => x.Item2);
            Assert.All(shown, old => Assert.Equal(old.Value, now[old.Key]));
            shown = now;
        }

        Assert.InRange(shown.Count, 250, 1000);
    }

    [Fact]
    public void A_sparse_series_keeps_every_point()
    {
        var series = Decimate(Decimator.WidthFor(7280, 500), Enumerable.Range(0, 73).Select(i => (100L * i, (double)i)));
        Assert.Equal(Enumerable.Range(0, 73).Select(i => 100L * i), series.Steps.Concat(series.Tail.Steps));
    }

    [Fact]
    public void The_beginning_of_a_long_run_keeps_every_point()
    {
        var series = Decimate(Decimator.WidthFor(20_000, 600), Enumerable.Range(1, 200).Select(i => ((long)i, (double)i)));
        Assert.Equal(Enumerable.Range(1, 63).Select(i => (long)i), series.Steps.Take(63));
        Assert.Equal(127, series.Steps[63]);
    }

    [Fact]
    public void A_bucket_knows_its_least_greatest_and_mean()
    {
        var series = Decimate(8, [(0, 7), (8, 1), (9, 5), (10, 3), (11, 3), (12, 3), (16, 9)]);
        Assert.Equal((12L, 3.0, 1.0, 5.0), (series.Steps[1], series.Mean[1], series.Min[1], series.Max[1]));
        Assert.Equal([16L], series.Tail.Steps);
    }

    private static MetricSeries Decimate(long width, IEnumerable<(long Step, double Value)> points)
    {
        var decimator = new Decimator("loss", width);
        foreach (var (step, value) in points)
            decimator.Add(step, value);
        return decimator.Finish();
    }
}

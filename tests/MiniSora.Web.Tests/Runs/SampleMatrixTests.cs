using MiniSora.Web.Account;
using MiniSora.Web.Runs.Matrix;

namespace MiniSora.Web.Tests.Runs;

public class SampleMatrixTests
{
    [Fact]
    public async Task Previews_stand_by_prompt_and_step_and_one_that_is_made_again_takes_the_place_of_the_first()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (id, grant) = await backend.RunningAsync(mei);
        await backend.ReportAsync(
            grant,
            await backend.FileAsync(grant, 1, "preview", "a.mp4", [1], index: 0, step: 50),
            await backend.FileAsync(grant, 2, "poster", "a.webp", [2], index: 0, step: 50),
            await backend.FileAsync(grant, 3, "preview", "b.mp4", [3], index: 1, step: 100),
            await backend.FileAsync(grant, 4, "preview", "c.mp4", [4], index: 0, step: 100));
        // Taken up again from step 50, the run makes step 100 once more.
        backend.Clock.Advance(TimeSpan.FromMinutes(1));
        await backend.ReportAsync(grant, await backend.FileAsync(grant, 5, "preview", "d.mp4", [5], index: 0, step: 100));

        var matrix = (await backend.Get<MatrixReader>().ReadAsync("1", CancellationToken.None))!;

        Assert.Equal((id, 2, "mei"), (matrix.RunId, matrix.AllSteps, matrix.OwnerName));
        Assert.Equal([50L, 100], matrix.Steps);
        Assert.Equal([0, 1], matrix.Rows.Select(row => row.Index));
        Assert.Equal(("a red circle", 7L), (matrix.Rows[0].Prompt, matrix.Rows[0].Seed));
        Assert.EndsWith("/a.webp", matrix.Rows[0].Clips[0]!.PosterUrl, StringComparison.Ordinal);
        Assert.EndsWith("/d.mp4", matrix.Rows[0].Clips[1]!.Url, StringComparison.Ordinal);
        Assert.Null(matrix.Rows[0].Clips[1]!.PosterUrl);
        Assert.Null(matrix.Rows[1].Clips[0]);
        Assert.Equal(matrix.Rows.Count, (await backend.Get<MatrixReader>().ReadAsync(id.ToString(), CancellationToken.None))!.Rows.Count);
    }

    [Fact]
    public async Task A_run_without_previews_has_an_empty_matrix_and_an_unknown_one_has_none()
    {
        await using var backend = await Backend.StartAsync();
        await backend.SubmitAsync(await backend.MemberAsync("mei"));

        Assert.Empty((await backend.Get<MatrixReader>().ReadAsync("1", CancellationToken.None))!.Rows);
        Assert.Null(await backend.Get<MatrixReader>().ReadAsync("2", CancellationToken.None));
        Assert.Null(await backend.Get<MatrixReader>().ReadAsync("no-run", CancellationToken.None));
    }

    [Fact]
    public void Of_very_many_steps_some_are_shown_the_first_and_the_last_among_them()
    {
        IReadOnlyList<long> steps = [.. Enumerable.Range(0, 1001).Select(k => 10L * k)];

        Assert.Equal([0L, 2500, 5000, 7500, 10000], SampleMatrix.Spread(steps, 5));
        Assert.Same(steps, SampleMatrix.Spread(steps, 1001));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(100L, 0)]
    [InlineData(250L, 1)]
    [InlineData(9_999L, 2)]
    [InlineData(-5L, 2)]
    public void The_address_names_a_step_and_the_newest_one_until_then_is_shown(long? step, int place)
    {
        var matrix = new SampleMatrix(Guid.Empty, 1, "", "", Web.Runs.RunKind.Training, Web.Runs.RunState.Running, null, [100, 200, 300], 3, []);

        Assert.Equal(place, matrix.PlaceOf(step));
    }
}

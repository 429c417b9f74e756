using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public class ExpectedBandTests
{
    [Fact]
    public async Task A_run_is_held_against_earlier_whole_ones_of_its_recipe_whatever_they_were_called_and_their_seed()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var first = await TrainedAsync(backend, mei, Spec("First", 1), 100, step => 100 - step);
        var second = await TrainedAsync(backend, mei, Spec("Second", 2), 100, step => 110 - step);
        await TrainedAsync(backend, mei, Spec("Larger", 3) with { Training = new() { Steps = 100, Batch = 8 } }, 100, _ => 5000);
        await TrainedAsync(backend, mei, Spec("Stopped early", 4), 40, _ => 5000);
        var asked = await StartedAsync(backend, mei, Spec("Asked", 5));
        await TrainedAsync(backend, mei, Spec("Later", 6), 100, _ => 5000);

        var band = (await backend.Get<ExpectedBands>().ReadAsync(asked.RunId, "loss", CancellationToken.None))!;

        Assert.Equal([second, first], band.Runs);
        // Fifty parts of two steps each.
        Assert.Equal(50, band.Steps.Count);
        Assert.Equal((1.5, 98.5, 108.5), (band.Steps[0], band.Low[0], band.High[0]));
        Assert.Equal((99.5, 0.5, 10.5), (band.Steps[^1], band.Low[^1], band.High[^1]));
    }

    [Fact]
    public async Task One_earlier_run_is_no_expectation_and_an_unknown_run_has_none()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        await TrainedAsync(backend, mei, Spec("First", 1), 100, step => step);
        var asked = await StartedAsync(backend, mei, Spec("Asked", 2));

        var band = (await backend.Get<ExpectedBands>().ReadAsync(asked.RunId, "loss", CancellationToken.None))!;

        Assert.Empty(band.Runs);
        Assert.Empty(band.Steps);
        Assert.Null(await backend.Get<ExpectedBands>().ReadAsync(Guid.NewGuid(), "loss", CancellationToken.None));
    }

    private static TrainingSpec Spec(string name, long seed) => new() { Name = name, Seed = seed, Training = new() { Steps = 100 } };

    private static async Task<RunGrant> StartedAsync(Backend backend, Viewer owner, TrainingSpec spec)
    {
        var id = Assert.IsType<Submitted>(await backend.Runs.SubmitAsync(spec, new(), owner, CancellationToken.None)).RunId;
        return (await backend.Ledger.ClaimAsync(id, "test", CancellationToken.None))!;
    }

    /// <summary>A run that is over, with a loss at each of its steps; its number.</summary>
    private static async Task<long> TrainedAsync(Backend backend, Viewer owner, TrainingSpec spec, int steps, Func<int, double> loss)
    {
        var grant = await StartedAsync(backend, owner, spec);
        await backend.ReportAsync(grant, [.. Enumerable.Range(1, steps).Select(step => Backend.Step(step, step, loss(step)))]);
        await backend.ReportAsync(grant, new RunFinished(steps == spec.Training.Steps ? "completed" : "stopped", steps, 30, 1, 1) { Seq = steps + 1 });
        await backend.EndAsync(grant);
        var run = await backend.RunAsync(grant.RunId);
        Assert.Equal(RunState.Succeeded, run.State);
        return run.Number;
    }
}

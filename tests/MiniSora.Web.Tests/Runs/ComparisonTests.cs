using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Backbones;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Compare;

namespace MiniSora.Web.Tests.Runs;

public sealed class ComparisonTests
{
    private static readonly TrainingSpec Spec = Backend.Training();

    [Fact]
    public void Settings_that_differ_come_first_and_those_that_mean_nothing_are_left_out()
    {
        var rows = Comparison.Settings([Spec, Spec with { Seed = 7, Training = Spec.Training with { LearningRate = 2e-4 } }, Spec]);

        Assert.Equal(["seed", "training.learning_rate"], rows.TakeWhile(row => row.Differs).Select(row => row.Key));
        Assert.DoesNotContain(rows.Skip(2), row => row.Differs);
        Assert.Equal(["0.001", "0.0002", "0.001"], rows[1].Cells.Select(cell => cell.Text));
        // Of another network, and without a checkpoint to carry anything from.
        Assert.DoesNotContain(rows, row => row.Key is "start.carry" or "name" || row.Key.StartsWith("cascade.", StringComparison.Ordinal));
        Assert.Contains(Comparison.Settings([(TrainingSpec)Recipes.Find("cascade-shapes")!.Spec]), row => row.Key.StartsWith("cascade.", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_of_different_kinds_have_a_dash_where_the_other_has_a_setting()
    {
        var rows = Comparison.Settings([Spec, new SamplingSpec { Prompt = "a red circle" }, null]);

        Assert.Equal(["–", "a red circle", "–"], rows.Single(row => row.Key == "prompt").Cells.Select(cell => cell.Text));
        Assert.Equal("–", rows.Single(row => row.Key == "training.batch").Cells[1].Text);
    }

    [Fact]
    public void Losses_compare_between_rates_and_widths_but_not_between_data_or_objectives()
    {
        bool Compare(TrainingSpec other) => Comparison.LossesCompare(Comparison.Settings([Spec, other]));

        Assert.True(Compare(Spec with { Training = Spec.Training with { LearningRate = 1e-4 }, Model = Spec.Model with { Width = Spec.Model.Width * 2 } }));
        Assert.False(Compare(Spec with { Data = Spec.Data with { Size = Spec.Data.Size * 2 } }));
        Assert.False(Compare(Spec with { Model = Spec.Model with { Network = NetworkKind.Latte } }));
    }

    [Fact]
    public void The_best_is_marked_only_where_there_is_a_better_and_a_worse()
    {
        ComparedRow Row(params double?[] numbers) => new("x", "", "", [.. numbers.Select(number => new ComparedCell($"{number}", number))]) { Good = ScoreDirection.Lower };
        IEnumerable<bool> Best(ComparedRow row) => row.Cells.Select(row.IsBest);

        Assert.Equal([false, true, false], Best(Row(3, 1, null)));
        Assert.Equal([true, false], Best(Row(1, 3) with { Good = ScoreDirection.Lower }));
        Assert.Equal([false, true], Best(Row(1, 3) with { Good = ScoreDirection.Higher }));
        Assert.Equal([false, false], Best(Row(1, 3) with { Good = null }));
        Assert.Equal([false, false], Best(Row(2, 2)));
        // Two numbers that read the same are no difference to anybody.
        var same = new ComparedRow("x", "", "", [new("262 MiB", 262.1), new("262 MiB", 262.2)]) { Good = ScoreDirection.Lower };
        Assert.Equal([false, false], Best(same));
    }

    [Fact]
    public void Each_run_shows_its_newest_clip_at_a_step_or_before_it()
    {
        ComparedClip[] clips = [.. new long[] { 50, 100, 150 }.Select(step => new ComparedClip(step, $"/{step}", null, ""))];

        Assert.Equal([50L, 100, 150], new long[] { 20, 149, 900 }.Select(step => Comparison.At(clips, step)!.Step));
        Assert.Null(Comparison.At([], 10));
    }

    [Fact]
    public async Task Runs_are_found_by_number_or_id_in_the_order_of_the_address_and_their_clips_stand_by_prompt()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        var (first, grant) = await backend.RunningAsync(mei);
        var (second, other) = await backend.RunningAsync(mei);
        foreach (var running in new[] { grant, other })
        {
            await backend.ReportAsync(running, new RunStep(10, 10, 5, [new("loss", 10, 0.5), new("validation_loss", 5, 0.9), new("validation_loss", 10, 0.75)]) { Seq = 1 });
            await backend.ReportAsync(running, await backend.FileAsync(running, 2, "preview", "p.mp4", [(byte)running.RunId.GetHashCode(), 1], step: 10));
        }

        var comparisons = backend.Get<Comparisons>();
        var (found, unknown) = await comparisons.FindAsync(Comparisons.Names($"2, {first} 2，#99"), Viewer.Visitor, CancellationToken.None);

        Assert.Equal([second, first], found.Select(run => run.Details.Summary.Id));
        Assert.Equal(["99"], unknown);
        Assert.All(found, run => Assert.Equal((0.75, null), (run.ValidationLoss, run.Scores)));
        var (prompt, byRun) = Assert.Single(Comparison.Clips([.. found.Select(run => run.Details)]));
        Assert.Equal("a red circle", prompt);
        Assert.Equal([10L, 10], byRun.Select(clips => Assert.Single(clips).Step));
        var third = await backend.SubmitAsync(mei);
        Assert.Equal([third], (await comparisons.OthersAsync(found, CancellationToken.None)).Select(run => run.Id));
    }
}

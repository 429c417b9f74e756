using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class PointJournalTests
{
    [Fact]
    public void Points_up_to_the_checkpoint_come_back_and_later_ones_are_forgotten()
    {
        using var folder = new TemporaryFolder();
        var journal = new PointJournal(folder.Path);
        journal.Append([new("loss", 1, 0.1), new("loss", 2, double.NaN)]);
        journal.Append([new("loss", 3, 1e-300)]);

        Assert.Equal([new MetricPoint("loss", 1, 0.1), new MetricPoint("loss", 2, double.NaN)], journal.KeepUpTo(2));
        Assert.Equal(2, journal.KeepUpTo(10).Count);
    }

    [Fact]
    public void The_half_line_of_a_killed_process_is_not_a_point()
    {
        using var folder = new TemporaryFolder();
        var journal = new PointJournal(folder.Path);
        journal.Append([new("loss", 1, 2.148)]);
        File.AppendAllText(Path.Combine(folder.Path, "points.txt"), "loss 2 2.1");

        Assert.Equal([new MetricPoint("loss", 1, 2.148)], journal.KeepUpTo(10));
    }

    [Fact]
    public void A_long_run_keeps_its_newest_points_in_little_room()
    {
        using var folder = new TemporaryFolder();
        var journal = new PointJournal(folder.Path);
        for (var step = 0; step < 200_000; step += 1000)
        {
            journal.Append([.. Enumerable.Range(step, 1000).Select(s => new MetricPoint("loss", s, 1.0 / (s + 1)))]);
        }
        Assert.True(Directory.GetFiles(folder.Path).Sum(file => new FileInfo(file).Length) < 3 << 20);
        var kept = journal.KeepUpTo(200_000);
        Assert.Equal(199_999, kept[^1].Step);
        Assert.True(kept.Count > 20_000);
    }
}

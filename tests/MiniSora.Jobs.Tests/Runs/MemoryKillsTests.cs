using MiniSora.Jobs.Runs;

namespace MiniSora.Jobs.Tests.Runs;

public sealed class MemoryKillsTests
{
    [Fact]
    public void Kills_are_counted_where_the_kernel_says_so()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Combine("vmstat");
        File.WriteAllText(file, "nr_free_pages 7\noom_kill_disable 3\noom_kill 12\n");
        Assert.Equal(12, MemoryKills.Count(file));
        File.WriteAllText(file, "nr_free_pages 7\n");
        Assert.Equal(0, MemoryKills.Count(file));
        Assert.Equal(0, MemoryKills.Count(folder.Combine("nothing")));
    }
}

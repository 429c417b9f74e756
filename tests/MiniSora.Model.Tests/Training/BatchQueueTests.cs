using MiniSora.Model.Datasets;
using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class BatchQueueTests
{
    [Fact]
    public void Data_that_does_not_come_is_a_failure_with_a_name_and_keeps_nobody()
    {
        using var never = new ManualResetEventSlim();
        using var queue = new BatchQueue(_ =>
        {
            never.Wait();
            throw new InvalidOperationException("the disk came back");
        }, 1, 2, "clips", TimeSpan.FromMilliseconds(50));

        var stalled = Assert.Throws<DatasetException>(queue.Take);

        Assert.Equal(DatasetErrors.Stalled, stalled.Code);
        Assert.Equal("clips", stalled.Arguments[0]);
        queue.Dispose();
        never.Set();
    }

    [Fact]
    public void What_the_building_thread_threw_is_thrown()
    {
        using var queue = new BatchQueue(_ => throw new IOException("gone"), 1, 2);
        Assert.IsType<IOException>(Assert.Throws<InvalidOperationException>(queue.Take).InnerException);
    }
}

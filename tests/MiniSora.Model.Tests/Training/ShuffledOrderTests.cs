using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class ShuffledOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(37)]
    [InlineData(1134)]
    public void Each_epoch_visits_every_clip_once(long count)
    {
        for (var epoch = 0L; epoch < 3; epoch++)
        {
            var visited = Enumerable.Range(0, (int)count).Select(i => ShuffledOrder.IndexAt(5, epoch * count + i, count)).Order();
            Assert.Equal(Enumerable.Range(0, (int)count).Select(i => (long)i), visited);
        }
    }

    [Fact]
    public void Epochs_and_seeds_have_their_own_order()
    {
        static List<long> Order(ulong seed, long epoch) => [.. Enumerable.Range(0, 100).Select(i => ShuffledOrder.IndexAt(seed, epoch * 100 + i, 100))];
        Assert.NotEqual(Order(1, 0), Order(1, 1));
        Assert.NotEqual(Order(1, 0), Order(2, 0));
        Assert.NotEqual(Enumerable.Range(0, 100).Select(i => (long)i), Order(1, 0));
    }

    [Fact]
    public void An_empty_dataset_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ShuffledOrder.IndexAt(1, 0, 0));
}

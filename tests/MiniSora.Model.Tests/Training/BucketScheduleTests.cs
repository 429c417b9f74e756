using MiniSora.Model.Training;

namespace MiniSora.Model.Tests.Training;

public sealed class BucketScheduleTests
{
    private static readonly BucketSchedule Schedule = new(5, [1, 2, 3], [16, 8, 10]);

    [Fact]
    public void Every_round_has_each_bucket_as_often_as_its_share()
    {
        for (var round = 0; round < 20; round++)
            Assert.Equal([1, 2, 3], Enumerable.Range(1, 6).GroupBy(place => Schedule.At(6 * round + place).Bucket).OrderBy(group => group.Key).Select(group => group.Count()));
        Assert.True(Enumerable.Range(0, 20).Select(round => Schedule.At(6 * round + 1).Bucket).Distinct().Count() > 1); // not always the same order
    }

    [Fact]
    public void The_clips_of_a_bucket_follow_one_another_without_a_gap()
    {
        var next = new long[3];
        for (var step = 1L; step <= 200; step++)
        {
            var (bucket, batch, position) = Schedule.At(step);
            Assert.Equal(next[bucket], position);
            next[bucket] += batch;
        }
    }

    [Fact]
    public void One_bucket_is_the_cursor_there_was() =>
        Assert.All(Enumerable.Range(1, 9), step => Assert.Equal((0, 16, (step - 1) * 16L), new BucketSchedule(1, [1], [16]).At(step)));
}

using MiniSora.Model.Text.T5;
using TorchSharp;

namespace MiniSora.Model.Tests.Text.T5;

public sealed class RelativePositionsTests : TorchTests
{
    private static long[] Of(bool bidirectional, params long[] offsets) =>
        RelativePositions.Buckets(torch.tensor(offsets), bidirectional, 32, 128).data<long>().ToArray();

    [Fact]
    public void Near_offsets_have_their_own_bucket_and_far_ones_share_the_last()
    {
        Assert.Equal([0, 1, 7, 8, 15, 15], Of(true, 0, -1, -7, -8, -127, -1000));
        Assert.Equal([17, 23, 24, 31, 31], Of(true, 1, 7, 8, 127, 1000));
    }

    [Fact]
    public void Causal_buckets_know_no_future() =>
        Assert.Equal([0, 0, 1, 15, 16, 31], Of(false, 5, 0, -1, -15, -16, -1000));

    [Fact]
    public void A_row_is_a_query_and_a_column_a_key()
    {
        var square = RelativePositions.Square(3, true, 32, 128, torch.CPU);
        Assert.Equal([0, 17, 18, 1, 0, 17, 2, 1, 0], square.data<long>().ToArray());
    }
}

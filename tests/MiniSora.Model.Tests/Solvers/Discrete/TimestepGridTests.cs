using MiniSora.Model.Solvers.Discrete;

namespace MiniSora.Model.Tests.Solvers.Discrete;

public sealed class TimestepGridTests
{
    [Fact]
    public void The_three_spacings_of_ten_steps()
    {
        Assert.Equal([900, 800, 700, 600, 500, 400, 300, 200, 100, 0], TimestepGrid.Times(TimestepSpacing.Leading, 1000, 10, 0, true));
        Assert.Equal([999, 899, 799, 699, 599, 499, 399, 299, 199, 99], TimestepGrid.Times(TimestepSpacing.Trailing, 1000, 10, 0, true));
        Assert.Equal([999, 888, 777, 666, 555, 444, 333, 222, 111, 0], TimestepGrid.Times(TimestepSpacing.Linspace, 1000, 10, 0, true));
    }

    [Fact]
    public void Multistep_grids_leave_out_the_cleanest_time() =>
        Assert.Equal([999, 749, 500, 250], TimestepGrid.MultistepTimes(TimestepSpacing.Linspace, 1000, 1000, 4, 0));

    [Fact]
    public void Steps_beyond_the_trained_ones_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TimestepGrid.Times(TimestepSpacing.Leading, 10, 11, 0, true));

    [Fact]
    public void A_level_finds_its_time_again()
    {
        double[] table = [0.1, 0.2, 0.5, 2, 9];
        Assert.Equal(2, SigmaGrid.TimeOf(table, 0.5), 12);
        Assert.Equal(3.5, SigmaGrid.TimeOf(table, Math.Sqrt(18)), 12);
        Assert.Equal(0, SigmaGrid.TimeOf(table, 0.01));
        Assert.Equal(4, SigmaGrid.TimeOf(table, 100));
    }
}

using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RunQueueTests
{
    private static readonly Guid Mei = Guid.NewGuid(), Tom = Guid.NewGuid();

    [Fact]
    public void Priority_goes_before_age() => Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Mei, 10)]));

    [Fact]
    public void Members_take_turns() =>
        Assert.Equal([1, 4, 2, 3], Order([Waiting(1, Mei), Waiting(2, Mei), Waiting(3, Mei), Waiting(4, Tom)]));

    [Fact]
    public void Who_holds_a_slot_waits_for_who_holds_none() =>
        Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Tom)], held: new() { [Mei] = 1 }));

    [Fact]
    public void Who_used_less_lately_goes_first() =>
        Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Tom)], recent: new() { [Mei] = 600, [Tom] = 20 }));

    private static WaitingRun Waiting(long number, Guid owner, int priority = 0) => new(Guid.NewGuid(), number, owner, priority);

    private static IEnumerable<long> Order(WaitingRun[] waiting, Dictionary<Guid, int>? held = null, Dictionary<Guid, double>? recent = null) =>
        RunQueue.Order(waiting, held ?? [], recent ?? []).Select(run => run.Number);
}

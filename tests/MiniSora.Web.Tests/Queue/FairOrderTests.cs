using MiniSora.Web.Queue;

namespace MiniSora.Web.Tests.Queue;

public sealed class FairOrderTests
{
    private const double Quota = 1000;

    private static readonly Guid Mei = Guid.NewGuid(), Tom = Guid.NewGuid();

    [Fact]
    public void Priority_goes_before_age() => Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Mei, 10)]));

    [Fact]
    public void Members_take_turns() =>
        Assert.Equal([1, 4, 2, 3], Order([Waiting(1, Mei), Waiting(2, Mei), Waiting(3, Mei), Waiting(4, Tom)]));

    [Fact]
    public void Who_holds_a_device_waits_for_who_holds_none() =>
        Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Tom)], new() { [Mei] = new(1, 1, 0) }));

    [Fact]
    public void Who_used_less_lately_goes_first() =>
        Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Tom)], new() { [Mei] = new(1, 0, 600), [Tom] = new(1, 0, 20) }));

    [Fact]
    public void Twice_the_weight_has_two_turns_for_one() =>
        Assert.Equal([4, 1, 5, 6, 2, 7, 3], Order(
            [Waiting(1, Mei), Waiting(2, Mei), Waiting(3, Mei), Waiting(4, Tom), Waiting(5, Tom), Waiting(6, Tom), Waiting(7, Tom)],
            new() { [Mei] = new(1, 0, 10), [Tom] = new(2, 0, 10) }));

    [Fact]
    public void Beyond_the_quota_one_waits_for_those_within_whoever_holds_more() =>
        Assert.Equal([2, 1], Order([Waiting(1, Mei), Waiting(2, Tom)], new() { [Mei] = new(1, 0, 1001), [Tom] = new(1, 3, 900) }));

    [Fact]
    public void A_greater_weight_has_a_greater_quota() =>
        Assert.False(FairOrder.Of([Waiting(1, Mei)], new Dictionary<Guid, MemberStanding> { [Mei] = new(2, 0, 1500) }, Quota)[0].BeyondQuota);

    [Fact]
    public void Every_run_ahead_is_explained_by_one_rule()
    {
        var (ann, bob, kim) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var places = FairOrder.Of(
            [Waiting(1, ann, 10), Waiting(2, bob), Waiting(3, Mei), Waiting(4, Mei), Waiting(5, Tom), Waiting(6, kim)],
            new Dictionary<Guid, MemberStanding> { [Mei] = new(1, 0, 50), [Tom] = new(1, 0, 20), [kim] = new(1, 0, 2000) },
            Quota);

        Assert.Equal([1, 2, 5, 3, 4, 6], places.Select(place => place.Run.Number));
        Assert.All(places, place => Assert.Equal(place.Position - 1, place.ByPriority + place.ByQuota + place.ByTurn + place.ByUse + place.ByAge));
        Assert.Equal((1, 0, 0, 2, 0), Reasons(places[3]));
        Assert.Equal((1, 0, 3, 0, 0), Reasons(places[4]));
        Assert.Equal((1, 4, 0, 0, 0), Reasons(places[5]));
        Assert.Equal(1, places[4].OwnAhead);
        static (int, int, int, int, int) Reasons(QueuePlace place) => (place.ByPriority, place.ByQuota, place.ByTurn, place.ByUse, place.ByAge);
    }

    [Fact]
    public void A_used_second_is_forgotten_by_halves()
    {
        var (start, day) = (DateTimeOffset.UnixEpoch, TimeSpan.FromDays(1));
        Assert.Equal(50, FadingUse.Later(100, start, start + day, day), 1e-9);
        // Held for an hour just now: nearly all of it; a day later half of that.
        var fresh = FadingUse.Held(start, start.AddHours(1), start.AddHours(1), day);
        Assert.InRange(fresh, 3540, 3600);
        Assert.Equal(fresh / 2, FadingUse.Held(start, start.AddHours(1), start.AddHours(25), day), 1e-6);
        Assert.Equal(0, FadingUse.Held(start.AddHours(1), start.AddHours(2), start, day));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public void Equal_members_get_equal_device_time_whatever_they_submit(int devices)
    {
        // Some submit many short runs, some few long ones, some a hundred at once.
        var served = QueueSimulation.Play(devices, members: 20, weight: _ => 1, seconds: member => 20 * (1 + member % 7), backlog: member => member % 3 == 0 ? 100 : 4, hours: 48);
        Assert.InRange(QueueSimulation.Jain(served), 0.95, 1);
    }

    [Fact]
    public void Members_get_device_time_by_their_weights()
    {
        var served = QueueSimulation.Play(devices: 4, members: 12, weight: member => 1 + member % 3, seconds: member => 30 * (1 + member % 5), backlog: _ => 20, hours: 48);
        Assert.InRange(QueueSimulation.Jain([.. served.Select((seconds, member) => seconds / (1 + member % 3))]), 0.95, 1);
    }

    private static WaitingRun Waiting(long number, Guid owner, int priority = 0) => new(Guid.NewGuid(), number, owner, priority);

    private static IEnumerable<long> Order(WaitingRun[] waiting, Dictionary<Guid, MemberStanding>? members = null) =>
        FairOrder.Of(waiting, members ?? [], Quota).Select(place => place.Run.Number);
}

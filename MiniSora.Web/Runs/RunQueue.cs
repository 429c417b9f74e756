namespace MiniSora.Web.Runs;

/// <summary>A run that waits.</summary>
internal sealed record WaitingRun(Guid Id, long Number, Guid OwnerId, int Priority);

/// <summary>
/// Whose turn it is. Priority first; then the member who holds the fewest slots, then the one who used the least device
/// time lately; then the oldest run. A member with a hundred waiting runs so delays nobody else by more than one.
/// </summary>
internal static class RunQueue
{
    /// <summary>The waiting runs in the order in which they would start if no new ones came.</summary>
    /// <param name="waiting">In any order.</param>
    /// <param name="slotsHeld">Slots held now, by member.</param>
    /// <param name="recentSeconds">Device time used lately, by member.</param>
    public static IReadOnlyList<WaitingRun> Order(
        IEnumerable<WaitingRun> waiting, IReadOnlyDictionary<Guid, int> slotsHeld, IReadOnlyDictionary<Guid, double> recentSeconds)
    {
        var held = new Dictionary<Guid, int>(slotsHeld);
        var left = waiting.OrderBy(run => run.Number).ToList();
        var order = new List<WaitingRun>(left.Count);
        while (left.Count > 0)
        {
            var next = left
                .OrderByDescending(run => run.Priority)
                .ThenBy(run => held.GetValueOrDefault(run.OwnerId))
                .ThenBy(run => recentSeconds.GetValueOrDefault(run.OwnerId))
                .ThenBy(run => run.Number)
                .First();
            left.Remove(next);
            order.Add(next);
            // Counted as if it ran, so that members take turns further down the line too.
            held[next.OwnerId] = held.GetValueOrDefault(next.OwnerId) + 1;
        }

        return order;
    }
}

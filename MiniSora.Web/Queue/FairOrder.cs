namespace MiniSora.Web.Queue;

/// <summary>A run that waits.</summary>
internal sealed record WaitingRun(Guid Id, long Number, Guid OwnerId, int Priority)
{
    /// <summary>It is tried again, but not before; null when nothing keeps it.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>It left its device to a roundtable's prompt, so it goes on before others of its priority.</summary>
    public bool MadeRoom { get; init; }
}

/// <summary>Where a member stands when it is asked whose turn it is.</summary>
/// <param name="Weight">Turns for one turn of a member of weight 1.</param>
/// <param name="Held">Devices held now.</param>
/// <param name="UsedSeconds">Device seconds remembered, see <see cref="FadingUse"/>.</param>
internal sealed record MemberStanding(double Weight, int Held, double UsedSeconds)
{
    /// <summary>Somebody who holds nothing and has used nothing.</summary>
    public static MemberStanding New { get; } = new(1, 0, 0);
}

/// <summary>A place in the queue and what put it there. The runs ahead are counted by the first rule that puts them ahead.</summary>
/// <param name="Position">1 for the next one to start.</param>
/// <param name="Turn">(devices held + own runs ahead) ÷ weight of its owner.</param>
/// <param name="BeyondQuota">Its owner's remembered use is above the quota.</param>
/// <param name="ByPriority">Runs ahead because their priority is higher.</param>
/// <param name="ByQuota">Runs ahead because their owners are within the quota and this one's is not.</param>
/// <param name="ByTurn">Runs ahead because it is their owners' turn first; own earlier runs are among them.</param>
/// <param name="ByUse">Runs ahead, on the same turn, because their owners used less.</param>
/// <param name="ByAge">Runs ahead because they are older, all else being equal.</param>
/// <param name="OwnAhead">Runs ahead that are the same member's.</param>
internal sealed record QueuePlace(
    WaitingRun Run, int Position, double Turn, bool BeyondQuota, int ByPriority, int ByQuota, int ByTurn, int ByUse, int ByAge, int OwnAhead);

/// <summary>
/// Whose turn it is, in this order: higher priority, and among equals who made room for a roundtable; owner within the quota; lower turn, where the k-th waiting run of a member who holds h devices
/// has turn (h + k − 1) ÷ weight (a weighted round-robin); owner with less remembered use ÷ weight; older run. Published in docs/queue.md and on
/// the queue page. A member with a hundred waiting runs so delays nobody of equal weight by more than one.
/// </summary>
internal static class FairOrder
{
    /// <summary>The waiting runs in the order in which they would start if no new ones came.</summary>
    /// <param name="waiting">In any order.</param>
    /// <param name="members">Standing by member; who is missing is new.</param>
    /// <param name="quotaSeconds">Remembered use up to which a member of weight 1 is within the quota.</param>
    public static IReadOnlyList<QueuePlace> Of(IEnumerable<WaitingRun> waiting, IReadOnlyDictionary<Guid, MemberStanding> members, double quotaSeconds)
    {
        var mine = new Dictionary<Guid, int>();
        var keyed = new List<Keyed>();
        foreach (var run in waiting.OrderByDescending(Level).ThenBy(run => run.Number))
        {
            var member = members.GetValueOrDefault(run.OwnerId) ?? MemberStanding.New;
            var own = mine[run.OwnerId] = mine.GetValueOrDefault(run.OwnerId) + 1;
            var use = member.UsedSeconds / member.Weight;
            keyed.Add(new(run, -Level(run), use > quotaSeconds, (member.Held + own - 1) / member.Weight, use, own - 1));
        }

        keyed.Sort();
        var places = new List<QueuePlace>(keyed.Count);
        var (priority, quota, turn, used) = (0, 0, 0, 0);
        for (var i = 0; i < keyed.Count; i++)
        {
            var key = keyed[i];
            // Where the group starts that shares this run's key so far: all before it are ahead by the next rule of the key.
            var differs = i == 0 ? 0 : key.FirstDifference(keyed[i - 1]);
            if (differs <= 0)
                priority = i;
            if (differs <= 1)
                quota = i;
            if (differs <= 2)
                turn = i;
            if (differs <= 3)
                used = i;
            places.Add(new(key.Run, i + 1, key.Turn, key.Beyond, priority, quota - priority, turn - quota, used - turn, i - used, key.OwnAhead));
        }

        return places;
    }

    // Half a level: above all of its own priority, below the next.
    private static int Level(WaitingRun run) => (2 * run.Priority) + (run.MadeRoom ? 1 : 0);

    private readonly record struct Keyed(WaitingRun Run, int Priority, bool Beyond, double Turn, double Use, int OwnAhead) : IComparable<Keyed>
    {
        public int CompareTo(Keyed other)
        {
            var by = Priority.CompareTo(other.Priority);
            by = by != 0 ? by : Beyond.CompareTo(other.Beyond);
            by = by != 0 ? by : Turn.CompareTo(other.Turn);
            by = by != 0 ? by : Use.CompareTo(other.Use);
            return by != 0 ? by : Run.Number.CompareTo(other.Run.Number);
        }

        /// <summary>0 priority, 1 quota, 2 turn, 3 use, 4 age.</summary>
        public int FirstDifference(Keyed other) =>
            Priority != other.Priority ? 0 : Beyond != other.Beyond ? 1 : Turn != other.Turn ? 2 : Use != other.Use ? 3 : 4;
    }
}

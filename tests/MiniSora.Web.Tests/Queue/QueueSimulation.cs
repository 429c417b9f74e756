using MiniSora.Web.Queue;

namespace MiniSora.Web.Tests.Queue;

/// <summary>Plays a queue in which every member always has runs waiting, and measures who got how much device time.</summary>
internal static class QueueSimulation
{
    /// <summary>Device seconds by member.</summary>
    /// <param name="seconds">Mean length of a member's runs; each is drawn between half and one and a half of it.</param>
    /// <param name="backlog">How many runs a member keeps waiting.</param>
    public static double[] Play(int devices, int members, Func<int, double> weight, Func<int, double> seconds, Func<int, int> backlog, double hours)
    {
        var halfLife = TimeSpan.FromDays(1);
        var random = new Random(7);
        var ids = Enumerable.Range(0, members).Select(_ => Guid.NewGuid()).ToList();
        var (served, used, held) = (new double[members], new double[members], new int[members]);
        var waiting = new List<WaitingRun>();
        long number = 0;
        for (var member = 0; member < members; member++)
        {
            for (var i = 0; i < backlog(member); i++)
                waiting.Add(new(Guid.NewGuid(), ++number, ids[member], 0));
        }

        var ends = new PriorityQueue<(int Member, double Seconds), double>();
        var (now, last) = (0.0, 0.0);
        while (now < hours * 3600)
        {
            while (ends.Count < devices)
            {
                var standings = Enumerable.Range(0, members).ToDictionary(member => ids[member], member => new MemberStanding(weight(member), held[member], used[member]));
                var next = FairOrder.Of(waiting, standings, 28_800)[0].Run;
                waiting.Remove(next);
                var owner = ids.IndexOf(next.OwnerId);
                waiting.Add(new(Guid.NewGuid(), ++number, next.OwnerId, 0));
                held[owner]++;
                var length = seconds(owner) * (0.5 + random.NextDouble());
                ends.Enqueue((owner, length), now + length);
            }

            ends.TryDequeue(out var ended, out now);
            for (var member = 0; member < members; member++)
                used[member] *= Math.Pow(2, -(now - last) / halfLife.TotalSeconds);
            last = now;
            held[ended.Member]--;
            used[ended.Member] += ended.Seconds;
            served[ended.Member] += ended.Seconds;
        }

        return served;
    }

    /// <summary>Jain's index: 1 when all have the same, 1/n when one has all.</summary>
    public static double Jain(IReadOnlyCollection<double> shares) => Math.Pow(shares.Sum(), 2) / (shares.Count * shares.Sum(share => share * share));
}

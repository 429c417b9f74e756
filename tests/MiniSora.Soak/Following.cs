using System.Diagnostics;
using MiniSora.Jobs.Portal;

namespace MiniSora.Soak;

/// <summary>Waits for what a run says.</summary>
internal static class Following
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The first event after a number that is wanted.</summary>
    public static async Task<PortalEvent> FirstAsync(PortalClient client, Guid run, long after, Func<PortalEvent, bool> wanted, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        await foreach (var happened in client.FollowAsync(run.ToString(), after, limit.Token))
        {
            if (wanted(happened))
                return happened;
        }

        throw new InvalidOperationException($"Run {run} ended before what was waited for.");
    }

    public static bool IsState(PortalEvent happened, string state) => happened.Type == "state" && happened.Data.GetProperty("state").GetString() == state;

    /// <summary>It says that it has ended, in whatever way.</summary>
    public static bool IsEnd(PortalEvent happened) => IsState(happened, "Succeeded") || IsState(happened, "Failed") || IsState(happened, "Cancelled");

    /// <summary>Waits until every run is over, through restarts of the portal.</summary>
    public static async Task SettleAsync(PortalClient client, IEnumerable<Guid> runs, TimeSpan patience, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        foreach (var id in runs)
        {
            while (true)
            {
                if (watch.Elapsed > patience)
                    throw new TimeoutException($"Run {id} did not end within {patience.TotalMinutes} minutes.");
                try
                {
                    if ((await client.GetAsync(id.ToString(), stop)).Run.IsOver)
                        break;
                }
                catch (PortalException away) when (away.Status is 0 or >= 500)
                {
                    // It comes back.
                }

                await Task.Delay(200, stop);
            }
        }
    }
}

using MiniSora.Jobs.Portal;

namespace MiniSora.Soak;

/// <summary>Looks at a run that was disturbed, once all is over.</summary>
internal static class Judge
{
    /// <summary>It succeeded and ended as often as it should, its events have no gap, its curve is the undisturbed one number by number, its files are all there, once.</summary>
    public static async Task RequireWholeAsync(Bounds bounds, PortalClient client, Guid run, int steps, IReadOnlyList<(long Step, double Value)> undisturbed, int ends, CancellationToken stop)
    {
        var details = await client.GetAsync(run.ToString(), stop);
        var complaints = new List<string>();
        if (details.Run.State != "Succeeded")
            complaints.Add($"it {details.Run.State} ({details.Failure?.Message ?? details.Run.FailureCode})");
        var (ended, numbers) = (0, new List<long>());
        await foreach (var happened in client.FollowAsync(run.ToString(), 0, stop))
        {
            numbers.Add(happened.Seq);
            ended += Following.IsEnd(happened) ? 1 : 0;
        }

        if (ended != ends)
            complaints.Add($"it ended {ended} times");
        if (!numbers.SequenceEqual(Enumerable.Range(1, numbers.Count).Select(number => (long)number)))
            complaints.Add("its events have a gap");
        if (Curves.Difference(undisturbed, await Curves.LossAsync(client, run, stop)) is { } difference)
            complaints.Add("its curve differs at " + difference);
        foreach (var group in details.Artifacts.GroupBy(file => (file.Kind, file.Step, file.Index)).Where(group => group.Count() > 1))
            complaints.Add($"{group.Key.Kind} of step {group.Key.Step} is there {group.Count()} times");
        if (details.Artifacts.Count(file => file.Kind == "checkpoint" && file.Step == steps) != 1)
            complaints.Add("its last checkpoint is missing");
        bounds.Require(complaints.Count == 0, $"run {details.Run.Number} ended {(ends == 1 ? "once" : "well after it was resumed")}, with the undisturbed curve and all its files", string.Join("; ", complaints));
    }
}

using System.Collections.Concurrent;

namespace MiniSora.Soak;

/// <summary>A run as an answer of the API showed it.</summary>
/// <param name="Attempts">Tries so far.</param>
/// <param name="LastEvent">Number of the newest event.</param>
internal sealed record Sighting(Guid Id, string State, double? Progress, int Attempts, long LastEvent, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <summary>
/// Reads every answer and knows what no answer may say: a final state changes, a count goes backwards, a move that the table of states does not have,
/// more than all of the work done.
/// </summary>
internal sealed class Oracle
{
    // Between two looks several moves may have happened: what can follow, through states nobody saw.
    private static readonly Dictionary<string, string[]> Reachable = new()
    {
        ["Queued"] = ["Queued", "Running", "Interrupted", "Paused", "Succeeded", "Failed", "Cancelled"],
        ["Running"] = ["Queued", "Running", "Interrupted", "Paused", "Succeeded", "Failed", "Cancelled"],
        ["Interrupted"] = ["Queued", "Running", "Interrupted", "Paused", "Succeeded", "Failed", "Cancelled"],
        ["Paused"] = ["Paused", "Cancelled"],
        ["Succeeded"] = ["Succeeded"],
        ["Failed"] = ["Failed"],
        ["Cancelled"] = ["Cancelled"],
    };

    private readonly ConcurrentDictionary<Guid, Sighting> last = new();
    private readonly ConcurrentQueue<string> violations = new();
    private int looks;

    /// <summary>What was wrong, in words.</summary>
    public IReadOnlyCollection<string> Violations => violations;

    /// <summary>Answers read.</summary>
    public int Looks => looks;

    /// <summary>Takes an answer. Answers of one run are given one after another.</summary>
    public void See(Sighting now)
    {
        Interlocked.Increment(ref looks);
        if (now.Progress is < 0 or > 1)
            Say(now, $"progress {now.Progress}");
        if (last.TryGetValue(now.Id, out var before))
        {
            if (!Reachable[before.State].Contains(now.State))
                Say(now, $"state {before.State} became {now.State}");
            if (now.Attempts < before.Attempts)
                Say(now, $"{before.Attempts} attempts became {now.Attempts}");
            if (now.LastEvent < before.LastEvent)
                Say(now, $"event {before.LastEvent} was the newest, now {now.LastEvent}");
            if (before.StartedAt is not null && now.StartedAt != before.StartedAt)
                Say(now, "it started at another time than it had");
            if (before.EndedAt is not null && now.EndedAt != before.EndedAt)
                Say(now, "it ended at another time than it had");
        }

        last[now.Id] = now;
    }

    private void Say(Sighting now, string what) => violations.Enqueue($"run {now.Id}: {what}");
}

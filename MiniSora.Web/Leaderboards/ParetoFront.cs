namespace MiniSora.Web.Leaderboards;

/// <summary>Which entries nobody beats in both quality and cost.</summary>
public static class ParetoFront
{
    /// <summary>
    /// Places of the entries on the front, in order of cost. One is off it when another costs no more and its quality is at least as
    /// good, one of the two strictly; for equal ones the earlier place stays.
    /// </summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<(double Cost, double Quality)> entries)
    {
        var front = new List<int>();
        var best = double.NegativeInfinity;
        foreach (var place in Enumerable.Range(0, entries.Count).OrderBy(i => entries[i].Cost).ThenByDescending(i => entries[i].Quality).ThenBy(i => i))
        {
            if (entries[place].Quality <= best)
                continue;
            best = entries[place].Quality;
            front.Add(place);
        }

        return front;
    }
}

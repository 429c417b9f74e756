namespace MiniSora.Web.Arena;

/// <summary>A vote as the ranking counts it.</summary>
/// <param name="Member">Who voted.</param>
/// <param name="IsYoung">The account is younger than <see cref="ArenaWeights.Youth"/>.</param>
/// <param name="First">An entry.</param>
/// <param name="Second">The other one.</param>
/// <param name="Share">1: the first is better, 0: the second, ½: neither.</param>
public sealed record ArenaBallot(Guid Member, bool IsYoung, long First, long Second, double Share);

/// <summary>
/// How much each vote weighs. A member's votes on one pair of entries weigh one together, however many prompts they saw. Votes of young accounts weigh, on
/// every entry, at most a twentieth of those of the others together: accounts made for a campaign move nothing.
/// </summary>
public static class ArenaWeights
{
    /// <summary>Accounts younger than this are young.</summary>
    public static readonly TimeSpan Youth = TimeSpan.FromDays(14);

    private const double MostYoung = 0.05;

    /// <summary>A weight for each ballot. While nobody is established all count alike: a new portal has no other voters.</summary>
    public static IReadOnlyList<double> Of(IReadOnlyList<ArenaBallot> ballots)
    {
        var perPair = ballots.GroupBy(Key).ToDictionary(group => group.Key, group => 1.0 / group.Count());
        var weights = ballots.Select(ballot => perPair[Key(ballot)]).ToArray();
        if (ballots.All(ballot => ballot.IsYoung))
            return weights;
        var (old, young) = (new Dictionary<long, double>(), new Dictionary<long, double>());
        for (var i = 0; i < weights.Length; i++)
        {
            var sums = ballots[i].IsYoung ? young : old;
            foreach (var entry in new[] { ballots[i].First, ballots[i].Second })
                sums[entry] = sums.GetValueOrDefault(entry) + weights[i];
        }

        double Factor(long entry) => Math.Min(1, MostYoung * old.GetValueOrDefault(entry) / young[entry]);
        return [.. ballots.Select((ballot, i) => ballot.IsYoung ? weights[i] * Math.Min(Factor(ballot.First), Factor(ballot.Second)) : weights[i])];
    }

    private static (Guid, long, long) Key(ArenaBallot ballot) => (ballot.Member, Math.Min(ballot.First, ballot.Second), Math.Max(ballot.First, ballot.Second));
}

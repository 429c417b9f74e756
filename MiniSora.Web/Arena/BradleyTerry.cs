using MiniSora.Model;

namespace MiniSora.Web.Arena;

/// <summary>A rating with its 95 % interval; 0 is the average, 400 more means ten to one.</summary>
public sealed record ArenaRating(long Entry, double Rating, double Low, double High, double Votes);

/// <summary>
/// Ratings of things that were compared in pairs (Bradley and Terry 1952), fitted by Hunter's minorisation (2004). A win and a loss of weight
/// ½ against an average player keep an entry that never lost at a finite place. Intervals by resampling members, since votes of one member are not independent.
/// </summary>
public static class BradleyTerry
{
    private const double Prior = 0.5;
    private const int Resamples = 200, Rounds = 200;

    /// <summary>Ratings, the best first.</summary>
    public static IReadOnlyList<ArenaRating> Of(IReadOnlyList<ArenaBallot> ballots)
    {
        var entries = ballots.SelectMany(ballot => new[] { ballot.First, ballot.Second }).Distinct().Order().ToList();
        if (entries.Count == 0)
            return [];
        var place = entries.Select((entry, i) => (entry, i)).ToDictionary(x => x.entry, x => x.i);
        var weights = ArenaWeights.Of(ballots);
        var fitted = Fit(ballots, weights, place);
        var members = ballots.Select((ballot, i) => (ballot, i)).GroupBy(x => x.ballot.Member).OrderBy(group => group.Key).Select(group => group.Select(x => x.i).ToArray()).ToList();
        var draws = new double[entries.Count][];
        for (var i = 0; i < entries.Count; i++)
            draws[i] = new double[Resamples];
        for (var resample = 0; resample < Resamples; resample++)
        {
            var random = SplitMix64.For(1, (ulong)resample);
            var own = new double[ballots.Count];
            for (var k = 0; k < members.Count; k++)
            {
                foreach (var index in members[(int)random.Below(members.Count)])
                    own[index] += weights[index];
            }

            var again = Fit(ballots, own, place);
            for (var i = 0; i < entries.Count; i++)
                draws[i][resample] = again[i];
        }

        var votes = new double[entries.Count];
        for (var i = 0; i < ballots.Count; i++)
        {
            votes[place[ballots[i].First]] += weights[i];
            votes[place[ballots[i].Second]] += weights[i];
        }

        return
        [
            .. entries.Select((entry, i) =>
            {
                Array.Sort(draws[i]);
                return new ArenaRating(entry, fitted[i], Math.Min(fitted[i], draws[i][(int)(0.025 * Resamples)]), Math.Max(fitted[i], draws[i][(int)(0.975 * Resamples)]), votes[i]);
            }).OrderByDescending(rating => rating.Rating).ThenBy(rating => rating.Entry),
        ];
    }

    private static double[] Fit(IReadOnlyList<ArenaBallot> ballots, IReadOnlyList<double> weights, Dictionary<long, int> place)
    {
        var n = place.Count;
        var wins = Enumerable.Repeat(Prior, n).ToArray();
        var games = new double[n, n];
        for (var i = 0; i < ballots.Count; i++)
        {
            var (a, b) = (place[ballots[i].First], place[ballots[i].Second]);
            wins[a] += weights[i] * ballots[i].Share;
            wins[b] += weights[i] * (1 - ballots[i].Share);
            games[a, b] += weights[i];
            games[b, a] += weights[i];
        }

        var strength = Enumerable.Repeat(1.0, n).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var next = new double[n];
            for (var i = 0; i < n; i++)
            {
                var sum = 2 * Prior / (strength[i] + 1);
                for (var j = 0; j < n; j++)
                {
                    if (games[i, j] > 0)
                        sum += games[i, j] / (strength[i] + strength[j]);
                }

                next[i] = wins[i] / sum;
            }

            strength = next;
        }

        return [.. strength.Select(value => 400 * Math.Log10(value))];
    }
}

using MiniSora.Model;
using MiniSora.Web.Arena;

namespace MiniSora.Web.Tests.Arena;

public sealed class BradleyTerryTests
{
    private const int Entries = 8;

    /// <summary>Members who vote by the entries' true strengths, on pairs by chance.</summary>
    private static List<ArenaBallot> Honest(int members, int votes, ulong seed)
    {
        var ballots = new List<ArenaBallot>();
        var random = new SplitMix64(seed);
        for (var m = 0; m < members; m++)
        {
            var member = new Guid(m + 1, 0, 0, new byte[8]);
            for (var v = 0; v < votes; v++)
            {
                var a = 1 + random.Below(Entries);
                var b = 1 + random.Below(Entries);
                if (a == b)
                    continue;
                var chance = 1 / (1 + Math.Exp(-0.8 * (b - a)));
                ballots.Add(new(member, false, a, b, random.NextDouble() < chance ? 1 : 0));
            }
        }

        return ballots;
    }

    private static Dictionary<long, int> Ranks(IReadOnlyList<ArenaBallot> ballots) =>
        BradleyTerry.Of(ballots).Select((rating, place) => (rating.Entry, place)).ToDictionary(x => x.Entry, x => x.place);

    [Fact]
    public void Ratings_follow_the_strengths_and_lie_in_their_intervals()
    {
        var ratings = BradleyTerry.Of(Honest(40, 30, 1));
        Assert.Equal([1L, 2, 3, 4, 5, 6, 7, 8], ratings.Select(rating => rating.Entry));
        Assert.All(ratings, rating => Assert.InRange(rating.Rating, rating.Low, rating.High));
        Assert.True(ratings[0].Low > ratings[^1].High);
        Assert.Empty(BradleyTerry.Of([]));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(5)]
    public void A_campaign_of_fifty_fresh_accounts_moves_no_rank_by_more_than_one(long favourite)
    {
        var honest = Honest(30, 20, 7);
        var campaign = Enumerable.Range(0, 50).SelectMany(account => Enumerable.Range(1, Entries).Where(entry => entry != favourite)
            .SelectMany(entry => Enumerable.Range(0, 12).Select(_ => new ArenaBallot(new Guid(1000 + account, 0, 0, new byte[8]), true, favourite, entry, 1)))).ToList();
        var (before, after) = (Ranks(honest), Ranks([.. honest, .. campaign]));
        Assert.All(before, entry => Assert.InRange(Math.Abs(after[entry.Key] - entry.Value), 0, 1));
        // The same votes of established accounts would move it: the test would notice if they were counted alike.
        var trusted = Ranks([.. honest, .. campaign.Select(ballot => ballot with { IsYoung = false })]);
        Assert.True(before[favourite] - trusted[favourite] > 1);
    }

    [Fact]
    public void A_member_weighs_one_on_each_pair_of_entries()
    {
        var member = Guid.NewGuid();
        var weights = ArenaWeights.Of([new(member, false, 1, 2, 1), new(member, false, 2, 1, 1), new(member, false, 1, 3, 1), new(Guid.NewGuid(), false, 1, 2, 1)]);
        Assert.Equal([0.5, 0.5, 1, 1], weights);
    }

    [Fact]
    public void While_everybody_is_new_all_votes_count() =>
        Assert.Equal([1.0], ArenaWeights.Of([new(Guid.NewGuid(), true, 1, 2, 1)]));
}

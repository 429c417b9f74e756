using System.Globalization;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Cli;

/// <summary>How much a seeded database holds. The same options on an empty data folder give the same content.</summary>
/// <param name="Posts">Videos in the gallery, 0 to 10,000,000; they share a few files.</param>
/// <param name="Runs">Training and sampling runs, 0 to 1,000,000; nothing is executed.</param>
/// <param name="Points">Metric points, spread evenly over the training runs; 0 to 1,000,000,000.</param>
/// <param name="Members">Accounts without a password, 1 to 100,000.</param>
/// <param name="Seed">Of every choice.</param>
/// <param name="IntoExisting">Also where members are already.</param>
public sealed record SeedOptions(int Posts = 100_000, int Runs = 10_000, long Points = 10_000_000, int Members = 1_000, long Seed = 1, bool IntoExisting = false)
{
    /// <summary>All reasons why this cannot be done; empty when it can.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Within(string name, long value, long least, long most)
        {
            if (value < least || value > most)
                problems.Add(SpecTexts.Format("cli.say.seed.range", null, ("name", name), ("least", Number(least)), ("most", Number(most)), ("value", Number(value))));
        }

        Within("posts", Posts, 0, 10_000_000);
        Within("runs", Runs, 0, 1_000_000);
        Within("points", Points, 0, 1_000_000_000);
        Within("members", Members, 1, 100_000);
        Within("seed", Seed, 0, long.MaxValue);
        if (Runs < 10 && (Posts > 0 || Points > 0))
            problems.Add(SpecTexts.Get("cli.say.seed.runs"));
        return problems;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

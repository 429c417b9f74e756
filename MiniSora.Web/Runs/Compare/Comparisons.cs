using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Scores;

namespace MiniSora.Web.Runs.Compare;

/// <summary>Finds the runs that an address names, and what there is to compare of them.</summary>
internal sealed class Comparisons(RunReader reader, RunService runs, ScoreReader scores, MetricReader metrics)
{
    /// <summary>How many other runs are offered.</summary>
    private const int Offered = 40;

    /// <summary>Splits what stands in the address: numbers or ids, with commas; each once.</summary>
    public static IReadOnlyList<string> Names(string? text) =>
        [.. (text ?? "").Split([',', ' ', '，', '#'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The runs in the order they were named, and the names that are nobody's.</summary>
    public async Task<(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<string> Unknown)> FindAsync(IReadOnlyList<string> names, Viewer viewer, CancellationToken cancellationToken)
    {
        var found = new List<ComparedRun>();
        var unknown = new List<string>();
        foreach (var name in names)
        {
            if (await reader.IdAsync(name, cancellationToken) is not { } id || await runs.GetAsync(id, viewer, cancellationToken) is not { } details)
                unknown.Add(name);
            else if (found.All(run => run.Details.Summary.Id != id))
                found.Add(new(details, SpecYaml.Read(details.SpecYaml).Spec, await ScoresAsync(details, cancellationToken), await LastAsync(details, "validation_loss", cancellationToken)));
        }

        return (found, unknown);
    }

    /// <summary>Other runs of the same kind, newest first, the relatives of the first one before all.</summary>
    public async Task<IReadOnlyList<RunLink>> OthersAsync(IReadOnlyList<ComparedRun> compared, CancellationToken cancellationToken)
    {
        var (taken, first) = (compared.Select(run => run.Details.Summary.Id).ToHashSet(), compared is [var head, ..] ? head.Details : null);
        var newest = await runs.ListAsync(new RunQuery(Kind: first?.Summary.Kind, Take: Offered), cancellationToken);
        IEnumerable<RunLink> relatives = first is null ? [] : [.. first.ParentRun is { } parent ? [parent] : Array.Empty<RunLink>(), .. first.Children];
        return
        [
            .. relatives.Where(run => run.Kind == first!.Summary.Kind)
                .Concat(newest.Runs.Select(run => new RunLink(run.Id, run.Number, run.Name, run.Kind, run.State, null)))
                .Where(run => !taken.Contains(run.Id))
                .DistinctBy(run => run.Id),
        ];
    }

    private async Task<RunScores?> ScoresAsync(RunDetails run, CancellationToken cancellationToken) =>
        run.Summary.Kind == RunKind.Evaluation
            ? await scores.OfRunAsync(run.Summary.Id, cancellationToken) is { } own ? new(run.Summary.Id, run.Summary.Number, own) : null
            : run.Checkpoint is { } checkpoint ? await scores.NewestOfAsync(checkpoint.Sha256, cancellationToken) : null;

    private async Task<double?> LastAsync(RunDetails run, string metric, CancellationToken cancellationToken)
    {
        if (!run.MetricNames.Contains(metric) || await metrics.ReadAsync(run.Summary.Id, [metric], MetricReader.MostBuckets, cancellationToken) is not { Series: [var series, ..] })
            return null;
        return series.Tail.Values is [.., var last] ? last : series.Mean is [.., var mean] ? mean : null;
    }
}

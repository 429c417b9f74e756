using System.Globalization;
using System.Text;
using Microsoft.Extensions.Localization;
using MiniSora.Web.Account;
using MiniSora.Web.Papers;
using MiniSora.Web.Roundtables;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Compare;

namespace MiniSora.Web.Capsules;

/// <summary>Capsules of runs, comparisons, papers and roundtables. Who may look at the page may save it.</summary>
internal static class CapsuleEndpoints
{
    /// <summary>Entries of a curve, about: as many as a page has pixels.</summary>
    private const int Buckets = 600;

    public static void MapCapsules(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/runs/{id:guid}/capsule", (Guid id, HttpContext http, Comparisons comparisons, MetricReader metrics, IStringLocalizer<RunTexts> texts, IStringLocalizer<CapsuleTexts> own, CapsuleWriter writer, CancellationToken cancellationToken) =>
            RunsAsync([id.ToString()], $"/runs/{id}", http, comparisons, metrics, texts, own, writer, cancellationToken));
        routes.MapGet("/compare/capsule", (string? runs, HttpContext http, Comparisons comparisons, MetricReader metrics, IStringLocalizer<RunTexts> texts, IStringLocalizer<CapsuleTexts> own, CapsuleWriter writer, CancellationToken cancellationToken) =>
            RunsAsync(Comparisons.Names(runs), "/compare?runs=" + Uri.EscapeDataString(runs ?? ""), http, comparisons, metrics, texts, own, writer, cancellationToken));
        routes.MapGet("/papers/{slug}/capsule", async (string slug, HttpContext http, PaperService papers, CapsuleWriter writer, CancellationToken cancellationToken) =>
        {
            if (await papers.GetAsync(slug, Viewer.From(http.User), cancellationToken) is not { } paper)
                return Results.NotFound();
            // Names and words: who may change what, and who they are to the database, is nobody's business outside.
            var data = CapsuleData.Json("paper.json", new
            {
                paper.Paper.Slug,
                paper.Paper.Title,
                paper.Paper.TitleZh,
                paper.Paper.Authors,
                paper.Paper.Venue,
                paper.Paper.Url,
                paper.Paper.CodeUrl,
                paper.Paper.Summary,
                paper.Paper.SummaryZh,
                paper.Paper.State,
                Claims = paper.Claims.Select(view => new { view.Claim.Text, view.Claim.TextZh, view.Claim.Metric, view.Claim.LowerIsBetter, view.Claim.Target, view.Claim.Best, Run = view.Claim.BestRunId, Owner = view.OwnerName }),
                Notes = paper.Notes.Select(note => new { note.Title, note.Language, note.AuthorName, note.UpdatedAt, note.Markdown }),
                Links = paper.Links.Select(link => new { link.Kind, link.Label, link.Url }),
            });
            return await SendAsync<PaperCapsule>("paper-" + slug, $"/papers/{slug}", http, writer, new() { ["Paper"] = paper }, [data], cancellationToken);
        });
        routes.MapGet("/roundtables/{slug}/capsule", async (string slug, HttpContext http, RoundtableService roundtables, LiveRooms rooms, RunService runs, CapsuleWriter writer, CancellationToken cancellationToken) =>
        {
            var viewer = Viewer.From(http.User);
            if (await roundtables.GetAsync(slug, viewer, cancellationToken) is not { } talk || await rooms.NowAsync(slug, cancellationToken) is not { } stage)
                return Results.NotFound();
            var clips = new Dictionary<string, IReadOnlyList<ArtifactView>>();
            foreach (var id in stage.Prompts.Select(prompt => prompt.RunId).OfType<string>())
            {
                if (Guid.TryParse(id, out var run) && await runs.GetAsync(run, viewer, cancellationToken) is { } details)
                    clips[id] = [.. details.Artifacts.Where(artifact => artifact.Kind == "video")];
            }

            var data = CapsuleData.Json("roundtable.json", new
            {
                slug,
                talk.Roundtable.Title,
                talk.Roundtable.TitleZh,
                talk.Roundtable.Abstract,
                talk.Roundtable.AbstractZh,
                talk.Roundtable.State,
                talk.Roundtable.StartsAt,
                talk.Roundtable.Minutes,
                Presenter = talk.Row.PresenterName,
                talk.Roundtable.RecordingUrl,
                stage.Prompts,
                stage.Questions,
                stage.Polls,
                Notes = stage.Notes.ToDictionary(note => note.Key, note => note.Value.Text),
                Events = await rooms.MarksAsync(slug, cancellationToken),
            });
            return await SendAsync<RoundtableCapsule>("roundtable-" + slug, $"/roundtables/{slug}", http, writer, new() { ["Talk"] = talk, ["Stage"] = stage, ["Clips"] = clips }, [data], cancellationToken);
        });
    }

    private static async Task<IResult> RunsAsync(
        IReadOnlyList<string> names, string address, HttpContext http, Comparisons comparisons, MetricReader metrics, IStringLocalizer<RunTexts> texts, IStringLocalizer<CapsuleTexts> own, CapsuleWriter writer,
        CancellationToken cancellationToken)
    {
        var (runs, unknown) = await comparisons.FindAsync([.. names.Take(Comparison.Most)], Viewer.From(http.User), cancellationToken);
        if (runs.Count == 0 || unknown.Count > 0)
            return Results.NotFound();
        var (histories, data) = (new List<MetricHistory>(), new List<CapsuleData>());
        foreach (var run in runs)
        {
            var history = (await metrics.ReadAsync(run.Details.Summary.Id, [], Buckets, cancellationToken))!;
            histories.Add(history);
            var number = run.Details.Summary.Number.ToString(CultureInfo.InvariantCulture);
            data.Add(new($"run-{number}.yaml", run.Details.SpecYaml));
            data.Add(new($"run-{number}-metrics.csv", Csv(history)));
            if (run.Scores is { } scores)
                data.Add(new($"run-{number}-scores.json", scores.Report.ToJson()));
        }

        IReadOnlyList<(string, string, IReadOnlyList<(int, MetricSeries)>)> charts =
        [
            .. Comparison.Metrics(texts, runs).Select(metric => (metric.Name, metric.Label, (IReadOnlyList<(int, MetricSeries)>)
            [
                .. histories.SelectMany((history, i) => history.Series.Where(series => series.Name == metric.Name).Select(series => (i, series))),
            ])),
        ];
        var numbers = string.Join(", ", runs.Select(run => "#" + run.Details.Summary.Number.ToString(CultureInfo.InvariantCulture)));
        var title = runs is [var one] ? $"{numbers} {one.Details.Summary.Name}" : own["Title", numbers].Value;
        var name = "runs-" + string.Join('-', runs.Select(run => run.Details.Summary.Number.ToString(CultureInfo.InvariantCulture)));
        return await SendAsync<RunsCapsule>(name, address, http, writer, new() { ["Title"] = title, ["Runs"] = runs, ["Charts"] = charts }, data, cancellationToken);
    }

    private static async Task<IResult> SendAsync<TPage>(string name, string address, HttpContext http, CapsuleWriter writer, Dictionary<string, object?> parameters, IReadOnlyList<CapsuleData> data, CancellationToken cancellationToken)
        where TPage : Microsoft.AspNetCore.Components.IComponent
    {
        parameters["Source"] = writer.SourceOf(http, address);
        parameters["Data"] = data.Select(file => file.Name).ToList();
        return Results.File(await writer.WriteAsync<TPage>(name, parameters, data, cancellationToken), "application/zip", name + ".zip");
    }

    // What the charts are drawn from: a bucket a line, with what it was made of; the newest points as they are.
    private static string Csv(MetricHistory history)
    {
        var lines = new StringBuilder("metric,step,mean,min,max\n");
        string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
        foreach (var series in history.Series)
        {
            for (var i = 0; i < series.Steps.Count; i++)
                lines.Append(CultureInfo.InvariantCulture, $"{series.Name},{series.Steps[i]},{Number(series.Mean[i])},{Number(series.Min[i])},{Number(series.Max[i])}\n");
            for (var i = 0; i < series.Tail.Steps.Count; i++)
                lines.Append(CultureInfo.InvariantCulture, $"{series.Name},{series.Tail.Steps[i]},{Number(series.Tail.Values[i])},{Number(series.Tail.Values[i])},{Number(series.Tail.Values[i])}\n");
        }

        return lines.ToString();
    }
}

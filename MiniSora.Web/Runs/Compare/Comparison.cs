using System.Globalization;
using Microsoft.Extensions.Localization;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Evaluation.Scores;
using MiniSora.Web.Runs.Details;
using MiniSora.Web.Runs.NewRun;
using MiniSora.Web.Scores;

namespace MiniSora.Web.Runs.Compare;

/// <summary>One of the runs that are compared.</summary>
/// <param name="Details">The run.</param>
/// <param name="Spec">Null when its document is of a version that cannot be read any more.</param>
/// <param name="Scores">Of its newest checkpoint, or its own; null when nobody evaluated it.</param>
public sealed record ComparedRun(RunDetails Details, RunSpec? Spec, RunScores? Scores, double? ValidationLoss)
{
    /// <summary>Clips of a step; 0 where steps have none.</summary>
    public int Batch => (Spec as TrainingSpec)?.Training.Batch ?? 0;
}

/// <summary>Head of a column.</summary>
/// <param name="Mark">Short: <c>#12</c> for a run, a letter for a video.</param>
public sealed record ComparedColumn(string Mark, string Name);

/// <summary>What one run has in a row. No number: it cannot be the best.</summary>
public sealed record ComparedCell(string Text, double? Number = null, string? Note = null);

/// <summary>A row: one quantity or setting of all runs.</summary>
/// <param name="Key">Path of a setting, or the name of a quantity.</param>
public sealed record ComparedRow(string Key, string Label, string Group, IReadOnlyList<ComparedCell> Cells)
{
    /// <summary>Whether small or large numbers are good; null where neither is.</summary>
    public ScoreDirection? Good { get; init; }

    /// <summary>Whether the runs differ in it.</summary>
    public bool Differs => Cells.Select(cell => cell.Text).Distinct().Count() > 1;

    /// <summary>Whether a cell is the best of several different ones.</summary>
    public bool IsBest(ComparedCell cell)
    {
        var numbers = Cells.Where(other => other.Number is not null).Select(other => other.Number!.Value).ToList();
        return Differs && (Good is ScoreDirection.Lower or ScoreDirection.Higher) && cell.Number is { } number && numbers.Distinct().Count() > 1
            && number.Equals(Good == ScoreDirection.Lower ? numbers.Min() : numbers.Max());
    }
}

/// <summary>A clip of a run, for the prompt it has beside the others.</summary>
public sealed record ComparedClip(long Step, string Url, string? Poster, string Prompt);

/// <summary>Puts runs beside each other: settings, what differs first; clips of the same prompt.</summary>
internal static class Comparison
{
    /// <summary>As many as twelve lines can be told apart by colour and dash.</summary>
    public const int Most = 12;

    private static readonly string[] First = ["loss", "validation_loss"];

    // Losses of different data, codecs or objectives measure different things.
    private static readonly HashSet<string> WhatALossMeasures = ["data", "codec", "objective", "model", "cascade"];

    /// <summary>Every setting that means something in one of the runs; those that differ come first, in the order of the schema.</summary>
    public static IReadOnlyList<ComparedRow> Settings(IReadOnlyList<RunSpec?> specs)
    {
        var drafts = specs.Select(spec => spec is null ? null : SpecDraft.From(spec)).ToList();
        var fields = specs.OfType<RunSpec>().Select(SpecSchema.KindOf).Distinct().SelectMany(SpecSchema.For).DistinctBy(field => field.Path).Where(field => field.Path != "name");
        return
        [
            .. fields
                .Select(field => new ComparedRow(field.Path, SpecTexts.Label(field), SpecTexts.Group(field.Group), [.. specs.Select((spec, i) => Cell(field.Path, spec, drafts[i]))]))
                .Where(row => row.Cells.Any(cell => cell.Text != "–"))
                .OrderByDescending(row => row.Differs),
        ];
    }

    /// <summary>Whether the losses of these runs measure the same.</summary>
    public static bool LossesCompare(IReadOnlyList<ComparedRow> settings) =>
        !settings.Any(row => row.Differs && row.Key.Split('.')[0] is var group && WhatALossMeasures.Contains(group) && row.Key is not ("model.width" or "model.depth" or "model.heads" or "model.patch"));

    /// <summary>Rows of scores, in the order of the metrics. A number is the best only among those that were measured alike.</summary>
    public static IReadOnlyList<ComparedRow> Scores(IReadOnlyList<ComparedRun> runs, string group, string unlike)
    {
        var rows = new List<ComparedRow>();
        foreach (var metric in ScoreMetrics.All)
        {
            var records = runs.Select(run => run.Scores?.Report.Records.FirstOrDefault(record => record.Metric == metric.Id)).ToList();
            if (records.OfType<ScoreRecord>().FirstOrDefault() is not { } first)
                continue;
            var alike = records.All(record => record is null || ScoreComparison.CanShareColumn(first, record));
            rows.Add(new(metric.Id, ScoreTable.Name(first), group, [.. records.Select(record => record is null ? new("–") : new ComparedCell(
                ScoreTable.Number(record, record.Value), record.Value, ScoreComparison.CanShareColumn(first, record) ? Interval(record) : unlike))])
            {
                Good = alike ? metric.Direction : null,
            });
        }

        return rows;
    }

    /// <summary>What the runs measured of themselves: losses, duration, cost, memory, energy, device.</summary>
    /// <param name="alike">Their losses measure the same: one can be the best.</param>
    public static IReadOnlyList<ComparedRow> Quantities(IStringLocalizer<RunTexts> texts, IReadOnlyList<ComparedRun> runs, bool alike, DateTimeOffset now)
    {
        var low = ScoreDirection.Lower;
        ScoreDirection? ofLoss = alike ? low : null;
        string Loss(double value) => value.ToString("0.0000", CultureInfo.CurrentCulture);
        ComparedRow Row(string key, Func<RunDetails, double?> number, Func<double, string> shown, ScoreDirection? good) =>
            new(key, texts["Compare.Row." + key], "", [.. runs.Select(run => number(run.Details) is { } value ? new ComparedCell(shown(value), value) : new("–"))]) { Good = good };
        ComparedRow Words(string key, Func<RunDetails, string?> words) => new(key, texts["Compare.Row." + key], "", [.. runs.Select(run => new ComparedCell(words(run.Details) ?? "–"))]);
        var rows = new List<ComparedRow>
        {
            Row("loss", run => run.Summary.LastLoss, Loss, ofLoss),
            new("validation_loss", texts["Metric.validation_loss"], "", [.. runs.Select(run => run.ValidationLoss is { } value ? new ComparedCell(Loss(value), value) : new("–"))]) { Good = ofLoss },
            Words("steps", run => run.Summary.TotalSteps > 0 ? $"{Figures.Integer(run.Summary.Step)} / {Figures.Integer(run.Summary.TotalSteps)}" : null),
            Row("duration", run => Wall(run, now), seconds => Figures.Duration(texts, seconds), low),
            Row("device_seconds", run => run.DeviceSeconds > 0 ? run.DeviceSeconds : null, seconds => Figures.Duration(texts, seconds), low),
            Row("flops", run => run.Flops > 0 ? run.Flops : null, Figures.Flops, low),
            Row("memory", run => run.PeakMemoryBytes > 0 ? run.PeakMemoryBytes : null, Figures.Bytes, low),
            Row("energy", run => run.Joules, joules => (joules / 3600).ToString("0.0", CultureInfo.CurrentCulture) + " Wh", low),
            Words("device", run => run.Machine ?? run.Device),
            // A commit's first letters tell it from others.
            Words("software", run => run.SoftwareVersion.Length > 20 ? run.SoftwareVersion[..20] : run.SoftwareVersion),
        };
        return [.. rows.Where(row => row.Cells.Any(cell => cell.Text != "–"))];
    }

    /// <summary>Metrics of the runs with their labels: what people look at first, then by name.</summary>
    public static IReadOnlyList<(string Name, string Label)> Metrics(IStringLocalizer<RunTexts> texts, IReadOnlyList<ComparedRun> runs) =>
    [
        .. runs.SelectMany(run => run.Details.MetricNames).Distinct()
            .OrderBy(name => Array.IndexOf(First, name) is var at && at >= 0 ? at : First.Length).ThenBy(name => name, StringComparer.Ordinal)
            .Select(name => (name, LiveTexts.Metric(texts, name))),
    ];

    /// <summary>Device time of a run; time on the clock where it said none.</summary>
    public static double Seconds(RunDetails run, DateTimeOffset now) => run.DeviceSeconds > 0 ? run.DeviceSeconds : Wall(run, now) ?? 0;

    private static double? Wall(RunDetails run, DateTimeOffset now) => run.Summary.StartedAt is { } started ? ((run.Summary.EndedAt ?? now) - started).TotalSeconds : null;

    /// <summary>The clips of each run by prompt: previews of training by step, videos of sampling. Null entries where a run has none.</summary>
    public static IReadOnlyList<(string Prompt, IReadOnlyList<IReadOnlyList<ComparedClip>> ByRun)> Clips(IReadOnlyList<RunDetails> runs)
    {
        var clips = runs.Select(run => run.Artifacts
            .Where(artifact => artifact.Kind is "preview" or "video")
            .Select(artifact => (artifact.Index, Clip: new ComparedClip(artifact.Step, artifact.Url, artifact.PosterUrl, artifact.Prompt ?? "")))
            .ToList()).ToList();
        // Runs that asked the same prompts are compared prompt by prompt; else the first of each with the first.
        var prompts = clips.SelectMany(of => of.OrderBy(clip => clip.Index).Select(clip => clip.Clip.Prompt)).Distinct().ToList();
        var shared = prompts.Where(prompt => clips.Count(of => of.Any(clip => clip.Clip.Prompt == prompt)) > 1).ToList();
        if (shared.Count > 0 || runs.Count == 1)
            return [.. (runs.Count == 1 ? prompts : shared).Select(prompt => (prompt, Pick(clips, clip => clip.Clip.Prompt == prompt)))];
        var most = clips.SelectMany(of => of).Select(clip => clip.Index + 1).DefaultIfEmpty().Max();
        return [.. Enumerable.Range(0, most).Select(index => ("", Pick(clips, clip => clip.Index == index)))];
    }

    /// <summary>The newest clip at a step or before it; the oldest when all came later; null when there is none.</summary>
    public static ComparedClip? At(IReadOnlyList<ComparedClip> clips, long step) => clips.LastOrDefault(clip => clip.Step <= step) ?? (clips.Count > 0 ? clips[0] : null);

    private static IReadOnlyList<IReadOnlyList<ComparedClip>> Pick(
        IReadOnlyList<List<(int Index, ComparedClip Clip)>> clips, Func<(int Index, ComparedClip Clip), bool> belongs) =>
        [.. clips.Select(of => (IReadOnlyList<ComparedClip>)[.. of.Where(belongs).Select(clip => clip.Clip).OrderBy(clip => clip.Step)])];

    private static ComparedCell Cell(string path, RunSpec? spec, SpecDraft? draft)
    {
        if (spec is null || draft is null || SpecSchema.Find(draft.Kind, path) is not { } field || !SpecRelevance.Matters(draft.Kind, path, other => draft.Typed.GetValueOrDefault(other, "")))
            return new("–");
        return new(SpecDraft.Words(field, field.Get(spec)));
    }

    private static string? Interval(ScoreRecord record) =>
        record is { Low: { } low, High: { } high } ? string.Create(CultureInfo.CurrentCulture, $"{ScoreTable.Number(record, low)} – {ScoreTable.Number(record, high)}") : null;
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniSora.Model.Evaluation.Scores;

/// <summary>Under which conditions a number was measured.</summary>
public sealed record ScoreConditions
{
    /// <summary>SHA-256 of the feature network's file; empty where none was used.</summary>
    public string Features { get; init; } = "";

    /// <summary>How the network was called, e.g. <c>styleganv</c>.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>SHA-256 over what the reference clips are made of; empty where none were used.</summary>
    public string Reference { get; init; } = "";

    /// <summary>Dataset whose captions were asked.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>Language of the prompts: <c>en</c>, <c>zh</c> or <c>both</c>.</summary>
    public string Language { get; init; } = "";

    /// <summary>Generated clips that count in this number.</summary>
    public int Clips { get; init; }

    /// <summary>Real clips.</summary>
    public int References { get; init; }

    /// <summary>Frames of a clip.</summary>
    public int Frames { get; init; }

    /// <summary>Side of a frame in pixels.</summary>
    public int Size { get; init; }

    /// <summary>Every so manieth frame of real videos was taken.</summary>
    public int SubSampling { get; init; } = 1;

    /// <summary>Solver.</summary>
    public string Sampler { get; init; } = "";

    /// <summary>Solver steps.</summary>
    public int Steps { get; init; }

    /// <summary>Guidance scale.</summary>
    public double Guidance { get; init; }

    /// <summary>Width of the averaged weights; 0 the raw ones.</summary>
    public double Ema { get; init; }

    /// <summary>Seed of prompts and noise; clip k has this plus k.</summary>
    public long Seed { get; init; }

    /// <summary>Where it ran: device and processor.</summary>
    public string Device { get; init; } = "";

    /// <summary>SHA-256 of the checkpoint.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>Version of the software.</summary>
    public string Software { get; init; } = "";
}

/// <summary>A number that says how it was measured.</summary>
/// <param name="Metric">Name, see <see cref="ScoreMetrics"/>.</param>
/// <param name="Version">Of the metric.</param>
/// <param name="Value">The number.</param>
/// <param name="Low">Lower end of the 95 % interval, or null.</param>
/// <param name="High">Upper end, or null.</param>
/// <param name="Real">The same of real clips, for metrics that are to be like them; null otherwise.</param>
/// <param name="On">Conditions.</param>
public sealed record ScoreRecord(string Metric, int Version, double Value, double? Low, double? High, double? Real, ScoreConditions On)
{
    /// <summary>A record of a metric of this version of the software.</summary>
    public static ScoreRecord Of(ScoreMetric metric, double value, Interval? interval, double? real, ScoreConditions on) =>
        new(metric.Id, metric.Version, value, interval?.Low, interval?.High, real, on);
}

/// <summary>All that one evaluation measured, as its file <c>scores.json</c> holds it.</summary>
/// <param name="Records">The numbers.</param>
/// <param name="LossByLevel">Validation loss at the ten noise levels, little noise first; empty when not measured.</param>
public sealed record ScoreReport(IReadOnlyList<ScoreRecord> Records, IReadOnlyList<double> LossByLevel)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The record of a metric, or null.</summary>
    public ScoreRecord? Find(ScoreMetric metric) => Records.FirstOrDefault(record => record.Metric == metric.Id);

    /// <summary>As text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>From text; throws <see cref="JsonException"/> for anything else.</summary>
    public static ScoreReport FromJson(string text)
    {
        var report = JsonSerializer.Deserialize<ScoreReport>(text, Options);
        return report is { Records: not null } ? report with { LossByLevel = report.LossByLevel ?? [] } : throw new JsonException("The text holds no scores.");
    }
}

using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Retention;

/// <summary>What is kept of runs, by class of file. One row in the database; without it <see cref="Default"/> holds.</summary>
public sealed record RetentionPolicy
{
    public const int MostCheckpoints = 1000, MostDays = 3650;
    public const long MostSteps = 10_000_000;

    /// <summary>The one row's key.</summary>
    internal const int TheRow = 1;

    /// <summary>Always <see cref="TheRow"/>.</summary>
    public int Id { get; init; } = TheRow;

    /// <summary>Newest checkpoints kept of each run, 1–1,000: without the newest a run could not go on.</summary>
    public int LastCheckpoints { get; init; } = 2;

    /// <summary>Whether the checkpoint nearest to the lowest held-out loss stays too.</summary>
    public bool KeepBest { get; init; }

    /// <summary>One checkpoint stays in each stretch of so many steps; 0 for none, at most 10,000,000.</summary>
    public long EverySteps { get; init; }

    /// <summary>Days after the end of a run for which its videos and previews stay, 0–3,650; null for ever.</summary>
    public int? VideoDays { get; init; }

    /// <summary>Days after the end of a run for which its log and working files stay, 0–3,650; null for ever.</summary>
    public int? LogDays { get; init; }

    /// <summary>What holds until somebody saves another: as many checkpoints as the settings say, everything else for ever.</summary>
    public static RetentionPolicy Default(RunOptions options) => new() { LastCheckpoints = options.CheckpointsKept };

    /// <summary>Checkpoints that a training run of so many steps may come to have at a time.</summary>
    public long CheckpointsOf(long steps) => LastCheckpoints + (KeepBest ? 1 : 0) + (EverySteps > 0 ? steps / EverySteps : 0);

    /// <summary>As stored with a clean-up.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Reads <see cref="ToJson"/>; null when it is something else.</summary>
    public static RetentionPolicy? FromJson(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<RetentionPolicy>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Everything that is wrong with it.</summary>
    public IReadOnlyList<Refusal> Problems()
    {
        var problems = new List<Refusal>();
        void Check(string code, long value, long least, long most)
        {
            if (value < least || value > most)
                problems.Add(new(code, ("min", Text(least)), ("max", Text(most))));
        }

        Check("retention_last", LastCheckpoints, 1, MostCheckpoints);
        Check("retention_every", EverySteps, 0, MostSteps);
        Check("retention_videos", VideoDays ?? 0, 0, MostDays);
        Check("retention_logs", LogDays ?? 0, 0, MostDays);
        return problems;
    }

    /// <summary>Reads what a person typed; empty for a number of days means for ever. Null when something is wrong, with every reason.</summary>
    public static RetentionPolicy? Parse(string? last, bool best, string? every, string? videos, string? logs, out IReadOnlyList<Refusal> problems)
    {
        // What is no number is out of range: the sentence says which numbers there are.
        static long Number(string? text) => long.TryParse(text?.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? Math.Clamp(number, -1, int.MaxValue) : -1;
        static int? Days(string? text) => string.IsNullOrWhiteSpace(text) ? null : (int)Number(text);
        var read = new RetentionPolicy
        {
            LastCheckpoints = (int)Number(last),
            KeepBest = best,
            EverySteps = string.IsNullOrWhiteSpace(every) ? 0 : Number(every),
            VideoDays = Days(videos),
            LogDays = Days(logs),
        };
        problems = read.Problems();
        return problems.Count == 0 ? read : null;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

internal sealed class RetentionPolicyConfiguration : IEntityTypeConfiguration<RetentionPolicy>
{
    public void Configure(EntityTypeBuilder<RetentionPolicy> builder)
    {
        builder.ToTable("RetentionPolicies").HasKey(policy => policy.Id);
        builder.Property(policy => policy.Id).ValueGeneratedNever();
    }
}

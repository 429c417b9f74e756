using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Queue;

/// <summary>What was expected of a run when it was submitted, kept beside what happened so that estimates can be held to it.</summary>
public sealed class RunForecast
{
    public Guid RunId { get; init; }

    /// <summary>Tenth percentile of its duration.</summary>
    public double SecondsLow { get; init; }

    public double SecondsMid { get; init; }

    /// <summary>Ninetieth percentile of its duration.</summary>
    public double SecondsHigh { get; init; }

    public long MemoryBytes { get; init; }

    /// <summary>What it is expected to write.</summary>
    public long DiskBytes { get; init; }

    /// <summary>The machine had been measured when this was said.</summary>
    public bool Calibrated { get; init; }

    /// <summary>Expected start, tenth percentile; null while nobody has looked, or for a run that started at once.</summary>
    public DateTimeOffset? StartLow { get; set; }

    /// <summary>Expected start, ninetieth percentile.</summary>
    public DateTimeOffset? StartHigh { get; set; }

    /// <summary>The length.</summary>
    internal Duration Whole => new(SecondsLow, SecondsMid, SecondsHigh);
}

internal sealed class RunForecastConfiguration : IEntityTypeConfiguration<RunForecast>
{
    public void Configure(EntityTypeBuilder<RunForecast> builder)
    {
        builder.ToTable("RunForecasts").HasKey(forecast => forecast.RunId);
        builder.Ignore(forecast => forecast.Whole);
        builder.HasOne<Run>().WithOne().HasForeignKey<RunForecast>(forecast => forecast.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

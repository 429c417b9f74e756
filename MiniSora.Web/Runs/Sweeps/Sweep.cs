using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MiniSora.Web.Runs.Sweeps;

/// <summary>A grid of runs that were submitted together. Whose it is, its runs say.</summary>
public sealed class Sweep
{
    /// <summary>Also its name for people.</summary>
    public long Id { get; init; }

    /// <summary>Of what all runs have in common.</summary>
    public required string Name { get; init; }

    /// <summary>The settings and their values as they were typed, a line each: <c>training.batch=4,8</c>.</summary>
    public required string Settings { get; init; }

    /// <summary>Device seconds beyond which no further run starts; null without a limit.</summary>
    public double? BudgetSeconds { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class SweepConfiguration : IEntityTypeConfiguration<Sweep>
{
    public void Configure(EntityTypeBuilder<Sweep> builder)
    {
        builder.ToTable("Sweeps").HasKey(sweep => sweep.Id);
        builder.Property(sweep => sweep.Name).HasMaxLength(120);
    }
}

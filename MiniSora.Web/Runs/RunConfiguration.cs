using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Runs;

internal sealed class RunConfiguration :
    IEntityTypeConfiguration<Run>, IEntityTypeConfiguration<Attempt>, IEntityTypeConfiguration<RunEventRow>, IEntityTypeConfiguration<MetricName>
{
    public void Configure(EntityTypeBuilder<Run> builder)
    {
        builder.HasKey(run => run.Id);
        builder.Property(run => run.Name).HasMaxLength(120);
        builder.Property(run => run.SpecHash).HasMaxLength(64);
        builder.Property(run => run.Version).IsConcurrencyToken();
        builder.HasIndex(run => run.Number).IsUnique();
        builder.HasIndex(run => new { run.State, run.Number });
        builder.HasIndex(run => new { run.State, run.EndedAt });
        builder.HasIndex(run => new { run.Kind, run.Number });
        builder.HasIndex(run => new { run.OwnerId, run.Number });
        builder.HasIndex(run => run.SpecHash);
        builder.HasOne<Member>().WithMany().HasForeignKey(run => run.OwnerId).OnDelete(DeleteBehavior.Cascade);

        // Lineage outlives its origin: a deleted parent leaves its child without a link.
        builder.HasIndex(run => run.ParentRunId);
        builder.HasIndex(run => run.ParentPostId);
        builder.HasIndex(run => run.SweepId);
        builder.Property(run => run.CheckpointSha256).HasMaxLength(64);
        builder.Property(run => run.Machine).HasMaxLength(120);
        builder.Property(run => run.ImageSha256).HasMaxLength(64);
        builder.HasIndex(run => run.CheckpointSha256);
    }

    public void Configure(EntityTypeBuilder<Attempt> builder)
    {
        builder.HasKey(attempt => new { attempt.RunId, attempt.Number });
        builder.HasOne<Run>().WithMany().HasForeignKey(attempt => attempt.RunId).OnDelete(DeleteBehavior.Cascade);
        // Few are not accounted for at any time: the queue asks for them at every look.
        builder.HasIndex(attempt => attempt.Charged);
    }

    public void Configure(EntityTypeBuilder<RunEventRow> builder)
    {
        builder.HasKey(row => new { row.RunNumber, row.Seq });
        builder.Property(row => row.Type).HasMaxLength(16);
    }

    public void Configure(EntityTypeBuilder<MetricName> builder)
    {
        builder.HasKey(metric => metric.Id);
        builder.Property(metric => metric.Name).HasMaxLength(80);
        builder.HasIndex(metric => metric.Name).IsUnique();
    }
}

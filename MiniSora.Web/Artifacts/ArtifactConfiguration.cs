using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Artifacts;

internal sealed class ArtifactConfiguration : IEntityTypeConfiguration<Artifact>
{
    public void Configure(EntityTypeBuilder<Artifact> builder)
    {
        builder.HasKey(artifact => artifact.Id);
        builder.Property(artifact => artifact.Kind).HasMaxLength(16);
        builder.Property(artifact => artifact.Sha256).HasMaxLength(64);
        builder.Property(artifact => artifact.FileName).HasMaxLength(200);
        builder.Ignore(artifact => artifact.Url);
        builder.Ignore(artifact => artifact.Steps);
        builder.HasIndex(artifact => artifact.Sha256);
        builder.HasIndex(artifact => new { artifact.RunId, artifact.Kind, artifact.Step });
        builder.HasOne<Run>().WithMany().HasForeignKey(artifact => artifact.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

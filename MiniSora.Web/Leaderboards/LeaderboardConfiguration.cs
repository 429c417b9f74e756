using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Leaderboards;

internal sealed class LeaderboardConfiguration : IEntityTypeConfiguration<LeaderboardEntry>, IEntityTypeConfiguration<EntryCheck>
{
    public void Configure(EntityTypeBuilder<LeaderboardEntry> builder)
    {
        builder.HasKey(entry => entry.Id);
        builder.Property(entry => entry.Title).HasMaxLength(LeaderboardEntry.MaxTitle);
        builder.Property(entry => entry.CheckpointSha256).HasMaxLength(64);
        builder.Property(entry => entry.SpecHash).HasMaxLength(64);
        builder.Property(entry => entry.Dataset).HasMaxLength(80);
        builder.Property(entry => entry.Machine).HasMaxLength(120);
        builder.Property(entry => entry.SamplingMachine).HasMaxLength(120);
        builder.Property(entry => entry.Level).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(entry => entry.Number).IsUnique();
        builder.HasIndex(entry => entry.CheckpointSha256);
        builder.HasOne<Member>().WithMany().HasForeignKey(entry => entry.OwnerId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<EntryCheck> builder)
    {
        builder.HasKey(check => check.Id);
        builder.Property(check => check.Reason).HasMaxLength(40);
        builder.HasIndex(check => new { check.State, check.Kind });
        builder.HasOne<LeaderboardEntry>().WithMany().HasForeignKey(check => check.EntryId).OnDelete(DeleteBehavior.Cascade);
    }
}

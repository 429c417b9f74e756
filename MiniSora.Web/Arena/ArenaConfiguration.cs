using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Arena;

internal sealed class ArenaConfiguration : IEntityTypeConfiguration<ArenaVote>
{
    public void Configure(EntityTypeBuilder<ArenaVote> builder)
    {
        builder.HasKey(vote => vote.Id);
        builder.HasIndex(vote => new { vote.MemberId, vote.FirstEntry, vote.SecondEntry, vote.Clip }).IsUnique();
        builder.HasOne<Member>().WithMany().HasForeignKey(vote => vote.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Queue;

/// <summary>A member's part in the queue: how much of the devices they are due, and what they have used. No row means weight 1 and nothing used.</summary>
public sealed class MemberShare
{
    /// <summary>Least and greatest weight.</summary>
    public const double LeastWeight = 0.1, MostWeight = 10;

    public Guid MemberId { get; init; }

    /// <summary>Turns this member gets for one turn of a member of weight 1; set by administrators.</summary>
    public double Weight { get; set; } = 1;

    /// <summary>Device seconds of attempts that are accounted for, as remembered at <see cref="UsedAt"/>.</summary>
    public double UsedSeconds { get; set; }

    public DateTimeOffset UsedAt { get; set; }
}

internal sealed class MemberShareConfiguration : IEntityTypeConfiguration<MemberShare>
{
    public void Configure(EntityTypeBuilder<MemberShare> builder)
    {
        builder.ToTable("MemberShares").HasKey(share => share.MemberId);
        builder.HasOne<Member>().WithOne().HasForeignKey<MemberShare>(share => share.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Gallery;

/// <summary>What a member may say of a post with one click; stored as text.</summary>
public enum PostMarkKind
{
    /// <summary>I like it.</summary>
    Like,

    /// <summary>I made it again from its configuration.</summary>
    Reproduced,
}

/// <summary>One member's mark on one post.</summary>
public sealed class PostMark
{
    public Guid PostId { get; init; }

    public Guid MemberId { get; init; }

    public PostMarkKind Kind { get; init; }

    public DateTimeOffset At { get; init; }
}

internal sealed class PostMarkConfiguration : IEntityTypeConfiguration<PostMark>
{
    public void Configure(EntityTypeBuilder<PostMark> builder)
    {
        // The key is the rule: one mark of a kind per member.
        builder.HasKey(mark => new { mark.PostId, mark.Kind, mark.MemberId });
        builder.Property(mark => mark.Kind).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(mark => mark.MemberId);
        builder.HasOne<Post>().WithMany().HasForeignKey(mark => mark.PostId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(mark => mark.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

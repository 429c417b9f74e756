using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Gallery;

/// <summary>What a member wrote under a post.</summary>
public sealed class Comment
{
    public const int MaxLength = 4000;

    public Guid Id { get; init; }

    public Guid PostId { get; init; }

    public Guid AuthorId { get; init; }

    /// <summary>As it was typed, Markdown.</summary>
    public string Markdown { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a moderator took it out of sight; null while it is shown.</summary>
    public DateTimeOffset? HiddenAt { get; set; }
}

internal sealed class CommentConfiguration : IEntityTypeConfiguration<Comment>
{
    public void Configure(EntityTypeBuilder<Comment> builder)
    {
        builder.HasKey(comment => comment.Id);
        builder.Property(comment => comment.Markdown).HasMaxLength(Comment.MaxLength);
        builder.HasIndex(comment => new { comment.PostId, comment.CreatedAt });
        builder.HasIndex(comment => comment.AuthorId);
        builder.HasOne<Post>().WithMany().HasForeignKey(comment => comment.PostId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(comment => comment.AuthorId).OnDelete(DeleteBehavior.Cascade);
    }
}

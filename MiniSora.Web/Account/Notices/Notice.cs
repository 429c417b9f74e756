using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MiniSora.Web.Account.Notices;

/// <summary>Something a member is told in the portal. The sentence is made when it is read, in the reader's language.</summary>
public sealed class Notice
{
    public Guid Id { get; init; }

    public Guid MemberId { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Which sentence, e.g. <c>comment</c>: a key <c>Notice.comment</c> of the texts.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Who did it; empty where nobody did.</summary>
    public string Who { get; init; } = "";

    /// <summary>Title of what it is about.</summary>
    public string What { get; init; } = "";

    /// <summary>Where to look, a path of this portal.</summary>
    public string Url { get; init; } = "";

    public DateTimeOffset? ReadAt { get; set; }
}

internal sealed class NoticeConfiguration : IEntityTypeConfiguration<Notice>
{
    public void Configure(EntityTypeBuilder<Notice> builder)
    {
        builder.HasKey(notice => notice.Id);
        builder.Property(notice => notice.Kind).HasMaxLength(32);
        builder.HasIndex(notice => new { notice.MemberId, notice.At });
        builder.HasOne<Member>().WithMany().HasForeignKey(notice => notice.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

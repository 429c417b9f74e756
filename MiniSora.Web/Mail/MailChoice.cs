using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Mail;

/// <summary>How often a member is sent what is new.</summary>
public enum DigestRhythm
{
    Off,

    Daily,

    /// <summary>On Mondays.</summary>
    Weekly,
}

/// <summary>What a member chose to be sent, and how far it was told. A member without one gets nothing.</summary>
public sealed class MailChoice
{
    public Guid MemberId { get; init; }

    public DigestRhythm Rhythm { get; set; }

    /// <summary>Hour of the day in <see cref="Zone"/>, 0–23.</summary>
    public int Hour { get; set; }

    /// <summary>Name of a time zone, e.g. <c>Asia/Shanghai</c>.</summary>
    public string Zone { get; set; } = "UTC";

    /// <summary>Names of <see cref="Webhooks.WebhookEvents.OfMember"/>, separated by blanks.</summary>
    public string Kinds { get; set; } = "";

    /// <summary>Language of the mails, <c>en</c> or <c>zh-CN</c>.</summary>
    public string Language { get; set; } = "";

    /// <summary>When the next digest is due; null while there shall be none.</summary>
    public DateTimeOffset? NextAt { get; set; }

    /// <summary>Notices up to here were in a digest, or are older than the choice.</summary>
    public DateTimeOffset ToldUntil { get; set; }
}

internal sealed class MailChoiceConfiguration : IEntityTypeConfiguration<MailChoice>
{
    public void Configure(EntityTypeBuilder<MailChoice> builder)
    {
        builder.HasKey(choice => choice.MemberId);
        builder.Property(choice => choice.Rhythm).HasConversion<string>().HasMaxLength(16);
        builder.Property(choice => choice.Zone).HasMaxLength(64);
        builder.Property(choice => choice.Kinds).HasMaxLength(64);
        builder.Property(choice => choice.Language).HasMaxLength(8);
        builder.HasIndex(choice => choice.NextAt);
        builder.HasOne<Member>().WithOne().HasForeignKey<MailChoice>(choice => choice.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Moderation;

/// <summary>What can be reported; stored as text.</summary>
public enum ReportedKind
{
    Post,
    Comment,
    Note,
}

/// <summary>Why something is reported; stored as text.</summary>
public enum ReportReason
{
    /// <summary>Sexual, violent or hateful.</summary>
    Harmful,

    /// <summary>Shows or names a person against their will.</summary>
    Person,

    /// <summary>Belongs to somebody else, or breaks a licence.</summary>
    Rights,

    /// <summary>Advertising or noise.</summary>
    Spam,

    /// <summary>Says of itself what is not true: seed, cost, result.</summary>
    Untrue,
}

/// <summary>Where a report is; stored as text.</summary>
public enum ReportState
{
    Open,

    /// <summary>A moderator agreed: it is out of sight and its author has a strike.</summary>
    Upheld,

    /// <summary>A moderator did not agree: nothing happened.</summary>
    Dismissed,
}

/// <summary>A member's report of a post, a comment or a note.</summary>
public sealed class Report
{
    public const int MaxText = 1000;

    public Guid Id { get; init; }

    public ReportedKind Kind { get; init; }

    public Guid TargetId { get; init; }

    /// <summary>Title or first words at the time, so that the queue can be read after it was removed.</summary>
    public string TargetTitle { get; init; } = "";

    public string TargetUrl { get; init; } = "";

    /// <summary>Whose it is.</summary>
    public Guid TargetAuthorId { get; init; }

    public Guid ReporterId { get; init; }

    public ReportReason Reason { get; init; }

    public string Text { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public ReportState State { get; set; }

    public Guid? DecidedBy { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }
}

/// <summary>A rule was broken. Three that count within ninety days and a member may only read and train until the oldest has aged.</summary>
public sealed class Strike
{
    public const int MaxAppeal = 2000;

    public Guid Id { get; init; }

    public Guid MemberId { get; init; }

    public Guid ReportId { get; init; }

    public ReportReason Reason { get; init; }

    public string TargetTitle { get; init; } = "";

    public DateTimeOffset At { get; init; }

    /// <summary>What the member says against it; null when nothing.</summary>
    public string? Appeal { get; set; }

    /// <summary>Whether the appeal was heard; null while it waits or there is none.</summary>
    public bool? AppealGranted { get; set; }

    /// <summary>Whether it counts now.</summary>
    public bool Counts(DateTimeOffset now) => AppealGranted != true && At > now - Standing.StrikeAge;
}

/// <summary>What a moderator or administrator did: written with the deed and never changed.</summary>
public sealed class AuditEntry
{
    public long Id { get; init; }

    public DateTimeOffset At { get; init; }

    public Guid ActorId { get; init; }

    /// <summary>Display name at the time: the account may be gone later.</summary>
    public string ActorName { get; init; } = "";

    /// <summary>E.g. <c>report_upheld</c>: a key <c>Audit.report_upheld</c> of the texts.</summary>
    public string Action { get; init; } = "";

    public string Target { get; init; } = "";

    public string TargetUrl { get; init; } = "";
}

internal sealed class ModerationConfiguration : IEntityTypeConfiguration<Report>, IEntityTypeConfiguration<Strike>, IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<Report> builder)
    {
        builder.HasKey(report => report.Id);
        builder.Property(report => report.Kind).HasConversion<string>().HasMaxLength(16);
        builder.Property(report => report.Reason).HasConversion<string>().HasMaxLength(16);
        builder.Property(report => report.State).HasConversion<string>().HasMaxLength(16);
        builder.Property(report => report.Text).HasMaxLength(Report.MaxText);
        builder.HasIndex(report => new { report.State, report.CreatedAt });
        builder.HasIndex(report => new { report.TargetId, report.ReporterId });
        builder.HasOne<Member>().WithMany().HasForeignKey(report => report.ReporterId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<Strike> builder)
    {
        builder.HasKey(strike => strike.Id);
        builder.Property(strike => strike.Reason).HasConversion<string>().HasMaxLength(16);
        builder.Property(strike => strike.Appeal).HasMaxLength(Strike.MaxAppeal);
        builder.HasIndex(strike => new { strike.MemberId, strike.At });
        builder.HasOne<Member>().WithMany().HasForeignKey(strike => strike.MemberId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.HasKey(entry => entry.Id);
        builder.Property(entry => entry.Action).HasMaxLength(32);
        builder.HasIndex(entry => entry.At);
    }
}

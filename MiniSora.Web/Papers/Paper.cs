using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Papers;

/// <summary>How far the community is with a paper; stored as text.</summary>
public enum PaperState
{
    /// <summary>On the list, no date.</summary>
    Proposed,

    /// <summary>Has a week in the reading plan.</summary>
    Scheduled,

    /// <summary>Was presented or read together.</summary>
    Read,

    /// <summary>A claim of it was reproduced here.</summary>
    Reproduced,
}

/// <summary>Whether a proposal was let in; stored as text.</summary>
public enum PaperAdmission
{
    /// <summary>Waits for a moderator; only its proposer and moderators see it.</summary>
    Waiting,
    Admitted,
    Declined,
}

/// <summary>Which rule of the community lets a paper in; stored as text.</summary>
public enum AdmissionRule
{
    /// <summary>Nominated for a best-paper prize.</summary>
    BestPaper,

    /// <summary>Cited more than 100 times.</summary>
    Citations,

    /// <summary>Its repository has more than 500 stars.</summary>
    Stars,
}

/// <summary>A paper that the community reads. Texts come in both languages.</summary>
public sealed class Paper
{
    public const int MaxTitle = 200, MaxSummary = 4000, MaxUrl = 500;

    public Guid Id { get; init; }

    public string Slug { get; init; } = "";

    /// <summary>As published.</summary>
    public string Title { get; set; } = "";

    /// <summary>Title in Chinese; empty where only the original is used.</summary>
    public string TitleZh { get; set; } = "";

    public string Authors { get; set; } = "";

    /// <summary>E.g. <c>ICCV 2023</c>.</summary>
    public string Venue { get; set; } = "";

    /// <summary>What it is about, Markdown.</summary>
    public string Summary { get; set; } = "";

    public string SummaryZh { get; set; } = "";

    public string Url { get; set; } = "";

    public string CodeUrl { get; set; } = "";

    /// <summary>Comma-separated ids of sections of the library.</summary>
    public string Tags { get; set; } = "";

    public PaperState State { get; set; }

    public PaperAdmission Admission { get; set; } = PaperAdmission.Admitted;

    public AdmissionRule? Rule { get; set; }

    /// <summary>Where one can check the rule: an address.</summary>
    public string Evidence { get; set; } = "";

    /// <summary>Monday of its week in the plan.</summary>
    public DateOnly? Week { get; set; }

    /// <summary>Somebody is looked for who presents it.</summary>
    public bool CallOpen { get; set; }

    public Guid? PresenterId { get; set; }

    /// <summary>A presenter without an account here.</summary>
    public string PresenterName { get; set; } = "";

    public Guid? ProposedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What a link of a paper leads to; stored as text.</summary>
public enum PaperLinkKind
{
    Source,
    Code,
    Recipe,
    Run,
    Talk,
    Video,
    Slides,
}

/// <summary>A link of a paper.</summary>
public sealed class PaperLink
{
    public Guid Id { get; init; }

    public Guid PaperId { get; init; }

    public PaperLinkKind Kind { get; init; }

    public string Label { get; init; } = "";

    public string Url { get; init; } = "";
}

/// <summary>A member's notes about a paper, in one language.</summary>
public sealed class PaperNote
{
    public const int MaxTitle = 120, MaxLength = 60_000;

    public Guid Id { get; init; }

    public Guid PaperId { get; init; }

    public Guid AuthorId { get; init; }

    /// <summary><c>en</c> or <c>zh-CN</c>.</summary>
    public string Language { get; init; } = "en";

    public string Title { get; set; } = "";

    public string Markdown { get; set; } = "";

    /// <summary>Notes that say the same in two languages share it.</summary>
    public Guid PairId { get; init; }

    public DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? HiddenAt { get; set; }
}

/// <summary>Something a paper (or, without one, the community's goals) says can be reached, and how near we are.</summary>
public sealed class PaperClaim
{
    public Guid Id { get; init; }

    /// <summary>Null: one of the community's goals.</summary>
    public Guid? PaperId { get; init; }

    public string Text { get; init; } = "";

    public string TextZh { get; init; } = "";

    /// <summary>What is measured, with its unit.</summary>
    public string Metric { get; init; } = "";

    public string MetricZh { get; init; } = "";

    public double Target { get; init; }

    public bool LowerIsBetter { get; init; }

    /// <summary>Best value that a run of ours reached and a moderator confirmed.</summary>
    public double? Best { get; set; }

    public Guid? BestRunId { get; set; }

    /// <summary>What it may cost or has cost, in words.</summary>
    public string Cost { get; set; } = "";

    public string CostZh { get; set; } = "";

    public Guid? OwnerId { get; set; }

    public string NextStep { get; set; } = "";

    public string NextStepZh { get; set; } = "";

    public int Order { get; init; }

    /// <summary>The best value reaches the target.</summary>
    public bool IsReached => Best is { } best && (LowerIsBetter ? best <= Target : best >= Target);

    /// <summary>Distance to the target as a part of it; null without a value.</summary>
    public double? Gap => Best is { } best && Target != 0 ? Math.Max(0, (LowerIsBetter ? best - Target : Target - best) / Math.Abs(Target)) : null;
}

internal sealed class PaperConfiguration :
    IEntityTypeConfiguration<Paper>, IEntityTypeConfiguration<PaperLink>, IEntityTypeConfiguration<PaperNote>, IEntityTypeConfiguration<PaperClaim>
{
    public void Configure(EntityTypeBuilder<Paper> builder)
    {
        builder.HasKey(paper => paper.Id);
        builder.Property(paper => paper.Slug).HasMaxLength(80);
        builder.Property(paper => paper.State).HasConversion<string>().HasMaxLength(16);
        builder.Property(paper => paper.Admission).HasConversion<string>().HasMaxLength(16);
        builder.Property(paper => paper.Rule).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(paper => paper.Slug).IsUnique();
        builder.HasIndex(paper => new { paper.Admission, paper.State });
        builder.HasOne<Member>().WithMany().HasForeignKey(paper => paper.PresenterId).OnDelete(DeleteBehavior.SetNull);
        builder.HasOne<Member>().WithMany().HasForeignKey(paper => paper.ProposedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<PaperLink> builder)
    {
        builder.HasKey(link => link.Id);
        builder.Property(link => link.Kind).HasConversion<string>().HasMaxLength(16);
        builder.HasOne<Paper>().WithMany().HasForeignKey(link => link.PaperId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PaperNote> builder)
    {
        builder.HasKey(note => note.Id);
        builder.Property(note => note.Language).HasMaxLength(8);
        builder.HasIndex(note => new { note.PaperId, note.PairId });
        builder.HasIndex(note => new { note.PairId, note.Language }).IsUnique();
        builder.HasOne<Paper>().WithMany().HasForeignKey(note => note.PaperId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(note => note.AuthorId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PaperClaim> builder)
    {
        builder.HasKey(claim => claim.Id);
        builder.Ignore(claim => claim.IsReached).Ignore(claim => claim.Gap);
        builder.HasOne<Paper>().WithMany().HasForeignKey(claim => claim.PaperId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(claim => claim.OwnerId).OnDelete(DeleteBehavior.SetNull);
    }
}

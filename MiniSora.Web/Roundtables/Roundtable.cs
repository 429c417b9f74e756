using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Roundtables;

/// <summary>Where a roundtable is in its life; stored as text.</summary>
public enum RoundtableState
{
    /// <summary>Members vote for it.</summary>
    Proposed,

    /// <summary>Has a date.</summary>
    Scheduled,

    /// <summary>Goes on now.</summary>
    Live,

    /// <summary>Is over; its replay stays.</summary>
    Held,

    Cancelled,
}

/// <summary>A talk with an audience, from its proposal to its replay. Texts come in both languages where somebody wrote them.</summary>
public sealed class Roundtable
{
    public const int MaxTitle = 160, MaxAbstract = 4000;

    public Guid Id { get; init; }

    public string Slug { get; init; } = "";

    public string Title { get; init; } = "";

    public string TitleZh { get; init; } = "";

    /// <summary>Markdown.</summary>
    public string Abstract { get; init; } = "";

    public string AbstractZh { get; init; } = "";

    public RoundtableState State { get; set; }

    /// <summary>Null until it is scheduled.</summary>
    public DateTimeOffset? StartsAt { get; set; }

    public int Minutes { get; set; } = 60;

    public Guid? PresenterId { get; set; }

    /// <summary>A presenter without an account here.</summary>
    public string PresenterName { get; init; } = "";

    /// <summary>The paper it is about: slug in the reading plan; empty when none.</summary>
    public string PaperSlug { get; init; } = "";

    public Guid? ProposedBy { get; init; }

    public string RecordingUrl { get; set; } = "";

    public string SlidesUrl { get; set; } = "";

    /// <summary>Where people hear and see each other: a meeting elsewhere.</summary>
    public string JoinUrl { get; set; } = "";

    /// <summary>Checkpoint that prompts of the audience are sampled from; empty when none.</summary>
    public string StageCheckpoint { get; set; } = "";

    /// <summary>When it really began and ended: the zero and the end of the replay.</summary>
    public DateTimeOffset? BeganAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One member's vote that a proposal be held.</summary>
public sealed class RoundtableVote
{
    public Guid RoundtableId { get; init; }

    public Guid MemberId { get; init; }
}

/// <summary>Something that happened on stage or in the audience. The log is the roundtable: its state at any second is what the events up to it say.</summary>
public sealed class RoundtableEvent
{
    public Guid RoundtableId { get; init; }

    /// <summary>1, 2, 3 … within the roundtable.</summary>
    public long Seq { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>Who did it; null after the account was deleted.</summary>
    public Guid? MemberId { get; set; }

    public string MemberName { get; set; } = "";

    public string Type { get; init; } = "";

    public string Json { get; init; } = "{}";
}

internal sealed class RoundtableConfiguration : IEntityTypeConfiguration<Roundtable>, IEntityTypeConfiguration<RoundtableVote>, IEntityTypeConfiguration<RoundtableEvent>
{
    public void Configure(EntityTypeBuilder<Roundtable> builder)
    {
        builder.HasKey(roundtable => roundtable.Id);
        builder.Property(roundtable => roundtable.Slug).HasMaxLength(80);
        builder.Property(roundtable => roundtable.State).HasConversion<string>().HasMaxLength(16);
        builder.HasIndex(roundtable => roundtable.Slug).IsUnique();
        builder.HasIndex(roundtable => new { roundtable.State, roundtable.StartsAt });
        builder.HasOne<Member>().WithMany().HasForeignKey(roundtable => roundtable.PresenterId).OnDelete(DeleteBehavior.SetNull);
        builder.HasOne<Member>().WithMany().HasForeignKey(roundtable => roundtable.ProposedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<RoundtableVote> builder)
    {
        // The key is the rule: one vote per member.
        builder.HasKey(vote => new { vote.RoundtableId, vote.MemberId });
        builder.HasOne<Roundtable>().WithMany().HasForeignKey(vote => vote.RoundtableId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(vote => vote.MemberId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RoundtableEvent> builder)
    {
        builder.HasKey(happened => new { happened.RoundtableId, happened.Seq });
        builder.Property(happened => happened.Type).HasMaxLength(24);
        builder.HasIndex(happened => happened.MemberId);
        builder.HasOne<Roundtable>().WithMany().HasForeignKey(happened => happened.RoundtableId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Member>().WithMany().HasForeignKey(happened => happened.MemberId).OnDelete(DeleteBehavior.SetNull);
    }
}

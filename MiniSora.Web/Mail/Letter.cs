using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Mail;

/// <summary>What a mail is for.</summary>
public enum LetterKind
{
    /// <summary>Asks whether the address is the member's.</summary>
    Confirmation,

    /// <summary>Says what is new.</summary>
    Digest,

    /// <summary>Lets somebody who forgot the password choose another.</summary>
    Reset,
}

/// <summary>
/// A mail to a member. What it says is written when it is sent, so that no link that opens something lies in the database; kept for a while, so that nothing is sent twice.
/// </summary>
public sealed class Letter
{
    public Guid Id { get; init; }

    public Guid MemberId { get; init; }

    public LetterKind Kind { get; init; }

    /// <summary>What it is for, once per member: a digest's is its day.</summary>
    public string Key { get; init; } = "";

    /// <summary>The member's address when it was wanted. Another one is not written to.</summary>
    public string To { get; init; } = "";

    public string Language { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public DeliveryState State { get; set; }

    public int Tries { get; set; }

    /// <summary>It is not tried before: the server asked for patience.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>When the server took it.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>When it was last not taken.</summary>
    public DateTimeOffset? FailedAt { get; set; }

    /// <summary>What the server said to that.</summary>
    public string Said { get; set; } = "";
}

internal sealed class LetterConfiguration : IEntityTypeConfiguration<Letter>
{
    public void Configure(EntityTypeBuilder<Letter> builder)
    {
        builder.ToTable("Letters");
        builder.HasKey(letter => letter.Id);
        builder.Property(letter => letter.Kind).HasConversion<string>().HasMaxLength(16);
        builder.Property(letter => letter.State).HasConversion<string>().HasMaxLength(16);
        builder.Property(letter => letter.Key).HasMaxLength(48);
        builder.Property(letter => letter.To).HasMaxLength(256);
        builder.Property(letter => letter.Language).HasMaxLength(8);
        // At most one digest for one day, whoever asks.
        builder.HasIndex(letter => new { letter.MemberId, letter.Key }).IsUnique();
        builder.HasIndex(letter => new { letter.State, letter.NotBefore });
        builder.HasOne<Member>().WithMany().HasForeignKey(letter => letter.MemberId).OnDelete(DeleteBehavior.Cascade);
    }
}

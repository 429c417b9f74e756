using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Api;

/// <summary>A key with which a program acts for a member. Its secret is shown once, when it is made; only a hash is kept.</summary>
public sealed class ApiToken
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxName = 60;

    public Guid Id { get; init; }

    public Guid OwnerId { get; init; }

    /// <summary>What its owner calls it, 1–60 characters.</summary>
    public string Name { get; init; } = "";

    /// <summary>SHA-256 (hex) of the secret. The secret has 256 random bits, so nothing slower is needed.</summary>
    public string Hash { get; init; } = "";

    /// <summary>The secret's last four characters, by which its owner tells it from others.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Names of <see cref="ApiScopes"/>, separated by blanks.</summary>
    public string Scopes { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Last use, to the minute; null when it was never used.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

internal sealed class ApiTokenConfiguration : IEntityTypeConfiguration<ApiToken>
{
    public void Configure(EntityTypeBuilder<ApiToken> builder)
    {
        builder.HasKey(token => token.Id);
        builder.Property(token => token.Name).HasMaxLength(ApiToken.MaxName);
        builder.Property(token => token.Hash).HasMaxLength(64);
        builder.Property(token => token.Hint).HasMaxLength(8);
        builder.Property(token => token.Scopes).HasMaxLength(80);
        builder.HasIndex(token => token.Hash).IsUnique();
        builder.HasIndex(token => token.OwnerId);
        builder.HasOne<Member>().WithMany().HasForeignKey(token => token.OwnerId).OnDelete(DeleteBehavior.Cascade);
    }
}

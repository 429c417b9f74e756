using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Gallery;

/// <summary>Videos that a member put together under a title; everybody may look at it.</summary>
public sealed class Collection
{
    public const int MaxTitle = 80;
    public const int MaxDescription = 1000;

    /// <summary>Most collections of a member, and most videos in one.</summary>
    public const int MaxPerMember = 50, MaxItems = 500;

    public Guid Id { get; init; }

    public string Slug { get; init; } = "";

    public Guid OwnerId { get; init; }

    public string Title { get; set; } = "";

    /// <summary>Markdown; may be empty.</summary>
    public string Description { get; set; } = "";

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>That a post is in a collection.</summary>
public sealed class CollectionItem
{
    public Guid CollectionId { get; init; }

    public Guid PostId { get; init; }

    public DateTimeOffset AddedAt { get; init; }
}

internal sealed class CollectionConfiguration : IEntityTypeConfiguration<Collection>, IEntityTypeConfiguration<CollectionItem>
{
    public void Configure(EntityTypeBuilder<Collection> builder)
    {
        builder.HasKey(collection => collection.Id);
        builder.Property(collection => collection.Slug).HasMaxLength(80);
        builder.Property(collection => collection.Title).HasMaxLength(Collection.MaxTitle);
        builder.Property(collection => collection.Description).HasMaxLength(Collection.MaxDescription);
        builder.HasIndex(collection => collection.Slug).IsUnique();
        builder.HasIndex(collection => collection.OwnerId);
        builder.HasOne<Member>().WithMany().HasForeignKey(collection => collection.OwnerId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<CollectionItem> builder)
    {
        builder.HasKey(item => new { item.CollectionId, item.PostId });
        builder.HasIndex(item => item.PostId);
        builder.HasOne<Collection>().WithMany().HasForeignKey(item => item.CollectionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Post>().WithMany().HasForeignKey(item => item.PostId).OnDelete(DeleteBehavior.Cascade);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Account;

namespace MiniSora.Web.Gallery;

internal sealed class PostConfiguration : IEntityTypeConfiguration<Post>
{
    public void Configure(EntityTypeBuilder<Post> builder)
    {
        builder.HasKey(post => post.Id);
        builder.Property(post => post.Slug).HasMaxLength(80);
        builder.Property(post => post.Title).HasMaxLength(Post.MaxTitle);
        builder.Property(post => post.CheckpointSha256).HasMaxLength(64);
        builder.Property(post => post.SoftwareVersion).HasMaxLength(40);
        builder.Property(post => post.VideoSha256).HasMaxLength(64);
        builder.Property(post => post.PosterSha256).HasMaxLength(64);
        builder.Property(post => post.PosterExtension).HasMaxLength(8);
        builder.Property(post => post.Model).HasMaxLength(32);
        builder.Property(post => post.Dataset).HasMaxLength(80);
        builder.Property(post => post.Task).HasMaxLength(32);
        builder.Property(post => post.Licence).HasMaxLength(32);
        // With the facets: to look for a rare choice among the newest, or to count what a text finds, no row has to be read.
        builder.HasIndex(post => new { post.HiddenAt, post.Number, post.Model, post.Dataset, post.Task, post.Size, post.Licence, post.DeviceSeconds });
        builder.HasIndex(post => new { post.HiddenAt, post.Likes, post.Number });
        builder.HasIndex(post => new { post.HiddenAt, post.DeviceSeconds, post.Number });
        builder.HasIndex(post => new { post.HiddenAt, post.Model, post.Dataset, post.Task, post.Size, post.Licence, post.DeviceSeconds });
        builder.Property(post => post.SourceSha256).HasMaxLength(64);
        builder.Property(post => post.PictureSha256).HasMaxLength(64);
        builder.Property(post => post.Likeness).HasMaxLength(128);
        builder.HasIndex(post => post.SourceSha256);
        builder.HasIndex(post => post.PictureSha256);
        builder.HasIndex(post => new { post.AuthorId, post.HiddenAt, post.Number });
        builder.HasIndex(post => post.Slug).IsUnique();
        builder.HasIndex(post => post.Number).IsUnique();
        builder.HasIndex(post => post.CheckpointSha256);
        builder.HasIndex(post => post.VideoSha256);
        builder.HasIndex(post => post.RunId);
        builder.HasOne<Member>().WithMany().HasForeignKey(post => post.AuthorId).OnDelete(DeleteBehavior.Cascade);
    }
}

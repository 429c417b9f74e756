using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery.Reproductions;

/// <summary>What came of making a video again; stored as text.</summary>
public enum ReproductionVerdict
{
    /// <summary>Its run waits or runs.</summary>
    Running,

    /// <summary>Every pixel is the same.</summary>
    Exact,

    /// <summary>The same but for rounding.</summary>
    Near,

    /// <summary>Another video.</summary>
    Different,

    /// <summary>Its run failed or was given up: that says nothing about the video.</summary>
    Broken,
}

/// <summary>A video that the portal made again from its passport. The run may be deleted; what it found stays as long as the post.</summary>
public sealed class Reproduction
{
    public Guid Id { get; init; }

    public Guid PostId { get; init; }

    /// <summary>The sampling run; null after it was deleted.</summary>
    public Guid? RunId { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    public ReproductionVerdict Verdict { get; set; }

    /// <summary>Processor and threads, or the card; empty while nothing is known.</summary>
    public string Machine { get; set; } = "";

    /// <summary>The run's number format, e.g. <c>fp32</c>.</summary>
    public string Precision { get; set; } = "";

    /// <summary>Version of the software that made it again.</summary>
    public string SoftwareVersion { get; init; } = "";

    /// <summary>Peak signal-to-noise ratio over the whole clip, dB, at most 100.</summary>
    public double? Psnr { get; set; }

    /// <summary>Structural similarity of luma, mean over frames.</summary>
    public double? Ssim { get; set; }
}

internal sealed class ReproductionConfiguration : IEntityTypeConfiguration<Reproduction>
{
    public void Configure(EntityTypeBuilder<Reproduction> builder)
    {
        builder.ToTable("Reproductions");
        builder.HasKey(reproduction => reproduction.Id);
        builder.Property(reproduction => reproduction.Verdict).HasConversion<string>().HasMaxLength(16);
        builder.Property(reproduction => reproduction.SoftwareVersion).HasMaxLength(40);
        builder.HasIndex(reproduction => new { reproduction.PostId, reproduction.CreatedAt });
        builder.HasIndex(reproduction => reproduction.RunId);
        builder.HasOne<Post>().WithMany().HasForeignKey(reproduction => reproduction.PostId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Run>().WithMany().HasForeignKey(reproduction => reproduction.RunId).OnDelete(DeleteBehavior.SetNull);
    }
}

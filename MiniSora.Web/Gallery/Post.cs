namespace MiniSora.Web.Gallery;

/// <summary>A video somebody published, with all that is needed to make it again.</summary>
public sealed class Post
{
    public const int MaxTitle = 120;

    public Guid Id { get; init; }

    /// <summary>1, 2, 3 …: the order of the gallery and its page cursor.</summary>
    public long Number { get; init; }

    /// <summary>Part of its address, unique: words of the title and a few random letters.</summary>
    public string Slug { get; init; } = "";

    public string Title { get; init; } = "";

    public string Prompt { get; init; } = "";

    public string SpecYaml { get; init; } = "";

    /// <summary>Seed of this clip (not of the run).</summary>
    public long Seed { get; init; }

    public string CheckpointSha256 { get; init; } = "";

    /// <summary>Version of the software that made it.</summary>
    public string SoftwareVersion { get; init; } = "";

    /// <summary>Device time of the run that made it, seconds.</summary>
    public double DeviceSeconds { get; init; }

    /// <summary>Floating-point operations of the run that made it.</summary>
    public double Flops { get; init; }

    public string VideoSha256 { get; init; } = "";

    public string? PosterSha256 { get; init; }

    /// <summary>Of the poster's file, e.g. <c>.webp</c>.</summary>
    public string PosterExtension { get; init; } = "";

    public Guid AuthorId { get; init; }

    /// <summary>The sampling run; null after it was deleted.</summary>
    public Guid? RunId { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}

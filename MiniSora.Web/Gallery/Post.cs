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

    /// <summary>Network that made it, as specs write it, e.g. <c>latte</c>; empty where unknown. A facet, as the next four.</summary>
    public string Model { get; init; } = "";

    /// <summary>Dataset the checkpoint was trained on.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>What was asked of the model, as specs write it, e.g. <c>text_to_video</c>.</summary>
    public string Task { get; init; } = "";

    /// <summary>Side of a frame as the model makes it, pixels; 0 where unknown.</summary>
    public int Size { get; init; }

    /// <summary>Identifier of the licence its author chose, one of <see cref="PostLicence.All"/>.</summary>
    public string Licence { get; init; } = PostLicence.Default;

    /// <summary>Frames of the clip; 0 where unknown.</summary>
    public int Frames { get; init; }

    /// <summary>SHA-256 of the video as the run made it; <see cref="VideoSha256"/> is the same with the passport in it.</summary>
    public string SourceSha256 { get; init; } = "";

    /// <summary>SHA-256 of the coded pictures, whatever the file around them says; empty where the file could not be read.</summary>
    public string PictureSha256 { get; init; } = "";

    /// <summary>What the pictures look like, for finding them after they were coded again; see <see cref="Passports.Likeness"/>.</summary>
    public string Likeness { get; init; } = "";

    /// <summary>The passport, canonical JSON; empty for posts from before there were passports.</summary>
    public string Passport { get; init; } = "";

    /// <summary>Its Ed25519 signature, base64.</summary>
    public string PassportSignature { get; init; } = "";

    /// <summary>What <see cref="PostSearch"/> made of title, prompt and author.</summary>
    public string SearchWords { get; set; } = "";

    /// <summary>How many members like it; kept beside the marks, so that the gallery can sort by it.</summary>
    public int Likes { get; set; }

    /// <summary>How many members made it again.</summary>
    public int Reproductions { get; set; }

    /// <summary>On how many kinds of device the portal made it again; see <see cref="MiniSora.Web.Gallery.Reproductions.Reproduction"/>.</summary>
    public int ReproducedOn { get; set; }

    /// <summary>Comments that are shown.</summary>
    public int Comments { get; set; }

    /// <summary>When a moderator took it out of sight; null while it is shown.</summary>
    public DateTimeOffset? HiddenAt { get; set; }
}

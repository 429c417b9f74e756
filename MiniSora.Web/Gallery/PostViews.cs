using MiniSora.Web.Artifacts;
using MiniSora.Web.Passports;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery;

/// <summary>A tile of the gallery.</summary>
public sealed record PostTile(Guid Id, string Slug, string Title, string Prompt, string AuthorName, string VideoUrl, string? PosterUrl, DateTimeOffset CreatedAt)
{
    /// <summary>Part of the address of the author's profile.</summary>
    public string AuthorHandle { get; init; } = "";

    public int Likes { get; init; }

    public int Reproductions { get; init; }

    /// <summary>On how many kinds of device the portal made it again.</summary>
    public int ReproducedOn { get; init; }

    public int Comments { get; init; }

    internal static PostTile Of(Post post, string authorName, string authorHandle) => new(
        post.Id, post.Slug, post.Title, post.Prompt, authorName, Artifact.UrlOf(post.VideoSha256, $"minisora-{post.Slug}.mp4"),
        post.PosterSha256 is { } poster ? Artifact.UrlOf(poster, $"minisora-{post.Slug}{post.PosterExtension}") : null, post.CreatedAt)
    {
        AuthorHandle = authorHandle,
        Likes = post.Likes,
        Reproductions = post.Reproductions,
        ReproducedOn = post.ReproducedOn,
        Comments = post.Comments,
    };
}

/// <summary>A page of tiles, newest first.</summary>
/// <param name="Next">Opaque cursor of the next page; null at the end.</param>
public sealed record PostPage(IReadOnlyList<PostTile> Posts, string? Next);

/// <summary>Everything the item page shows.</summary>
/// <param name="MayRemove">The viewer is the author, a moderator or an administrator.</param>
/// <param name="RunId">The sampling run, when it still exists.</param>
/// <param name="DeviceSeconds">Of the sampling run, as <paramref name="Flops"/>.</param>
/// <param name="Training">The run that trained the checkpoint, when it still exists.</param>
public sealed record PostDetails(
    Guid Id,
    string Slug,
    string Title,
    string Prompt,
    string SpecYaml,
    long Seed,
    string CheckpointSha256,
    string SoftwareVersion,
    double DeviceSeconds,
    double Flops,
    Guid AuthorId,
    string AuthorName,
    string VideoUrl,
    string DownloadUrl,
    string? PosterUrl,
    Guid? RunId,
    TrainingCost? Training,
    DateTimeOffset CreatedAt,
    bool MayRemove)
{
    public string AuthorHandle { get; init; } = "";

    public string Model { get; init; } = "";

    public string Dataset { get; init; } = "";

    public string Task { get; init; } = "";

    public int Size { get; init; }

    public int Frames { get; init; }

    /// <summary>One of <see cref="PostLicence.All"/>.</summary>
    public string Licence { get; init; } = PostLicence.Default;

    public int Likes { get; init; }

    public int Reproductions { get; init; }

    /// <summary>On how many kinds of device the portal made it again.</summary>
    public int ReproducedOn { get; init; }

    /// <summary>The viewer likes it.</summary>
    public bool Liked { get; init; }

    /// <summary>The viewer said that they made it again.</summary>
    public bool Reproduced { get; init; }

    /// <summary>Content of the video.</summary>
    public string VideoSha256 { get; init; } = "";

    /// <summary>The store still has the checkpoint.</summary>
    public bool HasCheckpoint { get; init; }

    /// <summary>How it was made, signed; null for posts from before there were passports.</summary>
    public Passport? Passport { get; init; }

    /// <summary>Ed25519, base64.</summary>
    public string PassportSignature { get; init; } = "";

    /// <summary>A moderator took it out of sight: only its author and moderators see this page.</summary>
    public bool IsHidden { get; init; }
}

/// <summary>What the checkpoint of a post has cost so far.</summary>
public sealed record TrainingCost(Guid RunId, double DeviceSeconds, double Flops);

/// <summary>Answer to a publication.</summary>
public abstract record PublishResult;

/// <summary>It is in the gallery under <c>/gallery/{slug}</c>.</summary>
public sealed record Published(Guid PostId, string Slug) : PublishResult;

/// <summary>It is not, for all these reasons.</summary>
public sealed record NotPublished(IReadOnlyList<Refusal> Reasons) : PublishResult;

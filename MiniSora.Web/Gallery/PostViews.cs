using MiniSora.Web.Runs;

namespace MiniSora.Web.Gallery;

/// <summary>A tile of the gallery.</summary>
public sealed record PostTile(Guid Id, string Slug, string Title, string Prompt, string AuthorName, string VideoUrl, string? PosterUrl, DateTimeOffset CreatedAt);

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
    bool MayRemove);

/// <summary>What the checkpoint of a post has cost so far.</summary>
public sealed record TrainingCost(Guid RunId, double DeviceSeconds, double Flops);

/// <summary>Answer to a publication.</summary>
public abstract record PublishResult;

/// <summary>It is in the gallery under <c>/gallery/{slug}</c>.</summary>
public sealed record Published(Guid PostId, string Slug) : PublishResult;

/// <summary>It is not, for all these reasons.</summary>
public sealed record NotPublished(IReadOnlyList<Refusal> Reasons) : PublishResult;

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>What pages ask about the gallery and do with it.</summary>
public sealed class GalleryService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;

    internal GalleryService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing) => (this.contexts, this.writing) = (contexts, writing);

    /// <summary>A page of tiles, newest first. <paramref name="text"/> is looked for in title, prompt and author, each word.</summary>
    /// <param name="after">The previous page's <see cref="PostPage.Next"/>; null or nonsense: the first page.</param>
    /// <param name="take">1–100.</param>
    public async Task<PostPage> ListAsync(string? text, string? after, int take, CancellationToken cancellationToken)
    {
        take = Math.Clamp(take, 1, 100);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var posts = context.Posts.AsNoTracking().Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName });
        if (long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            posts = posts.Where(x => x.post.Number < number);
        foreach (var word in SearchWords.Of(text))
        {
            posts = posts.Where(x => EF.Functions.Like(x.post.Title, word, SearchWords.Escape)
                || EF.Functions.Like(x.post.Prompt, word, SearchWords.Escape)
                || EF.Functions.Like(x.DisplayName, word, SearchWords.Escape));
        }

        var rows = await posts.OrderByDescending(x => x.post.Number).Take(take + 1).ToListAsync(cancellationToken);
        var page = rows.Take(take).ToList();
        return new(
            [.. page.Select(x => new PostTile(x.post.Id, x.post.Slug, x.post.Title, x.post.Prompt, x.DisplayName, Video(x.post), Poster(x.post), x.post.CreatedAt))],
            rows.Count > take ? page[^1].post.Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>One post by its slug; null when there is none.</summary>
    public async Task<PostDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Posts.AsNoTracking()
            .Where(post => post.Slug == slug)
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName })
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var post = found.post;
        var training = await context.Artifacts
            .Where(a => a.Kind == "checkpoint" && a.Sha256 == post.CheckpointSha256)
            .Join(context.Runs, a => a.RunId, run => run.Id, (_, run) => new TrainingCost(run.Id, run.DeviceSeconds, run.Flops))
            .FirstOrDefaultAsync(cancellationToken);
        return new(
            post.Id, post.Slug, post.Title, post.Prompt, post.SpecYaml, post.Seed, post.CheckpointSha256, post.SoftwareVersion, post.DeviceSeconds, post.Flops,
            post.AuthorId, found.DisplayName, Video(post), Video(post) + "?download=1", Poster(post), post.RunId, training, post.CreatedAt,
            viewer.IsModerator || viewer.MayActFor(post.AuthorId));
    }

    /// <summary>Publishes a video of the viewer's sampling run.</summary>
    /// <param name="videoArtifactId">The artifact (kind <c>video</c>).</param>
    /// <param name="title">1–120 characters.</param>
    public Task<PublishResult> PublishAsync(Guid videoArtifactId, string title, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync<PublishResult>(
            async write =>
            {
                var context = write.Context;
                title = title.Trim();
                var reasons = new List<Refusal>();
                if (viewer.MemberId is null)
                    reasons.Add(new("not_signed_in"));
                if (title.Length == 0)
                    reasons.Add(new("title_empty"));
                if (title.Length > Post.MaxTitle)
                    reasons.Add(new("title_too_long", ("limit", Text(Post.MaxTitle)), ("length", Text(title.Length))));
                var found = await context.Artifacts
                    .Where(a => a.Id == videoArtifactId && a.Kind == "video")
                    .Join(context.Runs, a => a.RunId, run => run.Id, (video, run) => new { video, run })
                    .Where(x => x.run.OwnerId == viewer.MemberId || viewer.IsAdministrator)
                    .SingleOrDefaultAsync(cancellationToken);
                if (found is null)
                    reasons.Add(new("video_unknown"));
                else if (await context.Posts.AnyAsync(p => p.RunId == found.run.Id && p.VideoSha256 == found.video.Sha256, cancellationToken))
                    reasons.Add(new("already_published"));
                if (found is null || reasons.Count > 0)
                    return new NotPublished(reasons);

                var poster = await context.Artifacts
                    .Where(a => a.RunId == found.run.Id && a.Kind == "poster" && a.Index == found.video.Index)
                    .Select(a => new { a.Sha256, a.FileName })
                    .FirstOrDefaultAsync(cancellationToken);
                var post = new Post
                {
                    Id = Guid.CreateVersion7(write.Now),
                    Number = 1 + (await context.Posts.MaxAsync(p => (long?)p.Number, cancellationToken) ?? 0),
                    Slug = SlugOf(title),
                    Title = title,
                    Prompt = found.video.Prompt ?? "",
                    SpecYaml = found.run.SpecYaml,
                    Seed = found.video.Seed ?? found.run.Seed,
                    CheckpointSha256 = found.run.CheckpointSha256 ?? "",
                    SoftwareVersion = found.run.SoftwareVersion,
                    DeviceSeconds = found.run.DeviceSeconds,
                    Flops = found.run.Flops,
                    VideoSha256 = found.video.Sha256,
                    PosterSha256 = poster?.Sha256,
                    PosterExtension = Path.GetExtension(poster?.FileName ?? ""),
                    AuthorId = found.run.OwnerId,
                    RunId = found.run.Id,
                    CreatedAt = write.Now,
                };
                context.Posts.Add(post);
                return new Published(post.Id, post.Slug);
            },
            cancellationToken);

    /// <summary>Takes a post out of the gallery. Null when done, else why not.</summary>
    public Task<Refusal?> RemoveAsync(Guid postId, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync(
            async write =>
            {
                var removed = await write.Context.Posts
                    .Where(post => post.Id == postId && (viewer.IsModerator || viewer.IsAdministrator || post.AuthorId == viewer.MemberId))
                    .ExecuteDeleteAsync(cancellationToken);
                return removed > 0 ? null : new Refusal("not_found");
            },
            cancellationToken);

    /// <summary>Words of the title that survive in an address, and enough chance that nobody guesses or collides.</summary>
    internal static string SlugOf(string title)
    {
        var words = new StringBuilder();
        foreach (var c in title.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
                words.Append(c);
            else if (words.Length > 0 && words[^1] != '-')
                words.Append('-');
            if (words.Length >= 60)
                break;
        }

        var start = words.ToString().Trim('-');
        return $"{(start.Length == 0 ? "video" : start)}-{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 6)}";
    }

    private static string Video(Post post) => Artifact.UrlOf(post.VideoSha256, $"minisora-{post.Slug}.mp4");

    private static string? Poster(Post post) => post.PosterSha256 is { } sha256 ? Artifact.UrlOf(sha256, $"minisora-{post.Slug}{post.PosterExtension}") : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

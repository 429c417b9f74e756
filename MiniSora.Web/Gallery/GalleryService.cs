using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Moderation;
using MiniSora.Web.Passports;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Gallery;

/// <summary>What pages ask about the gallery and do with it.</summary>
public sealed class GalleryService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly GalleryFeed feed;
    private readonly Standing standing;
    private readonly ArtifactStore store;
    private readonly PassportIssuer issuer;

    internal GalleryService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, GalleryFeed feed, Standing standing, ArtifactStore store, PassportIssuer issuer) =>
        (this.contexts, this.writing, this.feed, this.standing, this.store, this.issuer) = (contexts, writing, feed, standing, store, issuer);

    /// <summary>A page of tiles, newest first. <paramref name="text"/> is looked for in title, prompt and author, each word.</summary>
    /// <param name="after">The previous page's <see cref="PostPage.Next"/>; null or nonsense: the first page.</param>
    /// <param name="take">1–100.</param>
    public Task<PostPage> ListAsync(string? text, string? after, int take, CancellationToken cancellationToken) =>
        feed.ListAsync(new() { Text = text ?? "", After = after, Take = take }, cancellationToken);

    /// <summary>One post by its slug; null when there is none.</summary>
    public async Task<PostDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Posts.AsNoTracking()
            .Where(post => post.Slug == slug)
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName, member.Handle })
            .SingleOrDefaultAsync(cancellationToken);
        var mayRemove = found is not null && (viewer.IsModerator || viewer.MayActFor(found.post.AuthorId));

        // Out of sight means: as if it were not there, but for those who have to do with it.
        if (found is null || (found.post.HiddenAt is not null && !mayRemove))
            return null;
        var post = found.post;
        var marks = await context.PostMarks.Where(mark => mark.PostId == post.Id && mark.MemberId == viewer.MemberId).Select(mark => mark.Kind).ToListAsync(cancellationToken);
        var training = await context.Artifacts
            .Where(a => a.Kind == "checkpoint" && a.Sha256 == post.CheckpointSha256)
            .Join(context.Runs, a => a.RunId, run => run.Id, (_, run) => new TrainingCost(run.Id, run.DeviceSeconds, run.Flops))
            .FirstOrDefaultAsync(cancellationToken);
        return new(
            post.Id, post.Slug, post.Title, post.Prompt, post.SpecYaml, post.Seed, post.CheckpointSha256, post.SoftwareVersion, post.DeviceSeconds, post.Flops,
            post.AuthorId, found.DisplayName, Video(post), Video(post) + "?download=1", Poster(post), post.RunId, training, post.CreatedAt,
            mayRemove)
        {
            AuthorHandle = found.Handle,
            Model = post.Model,
            Dataset = post.Dataset,
            Task = post.Task,
            Size = post.Size,
            Frames = post.Frames,
            Licence = post.Licence,
            Likes = post.Likes,
            Reproductions = post.Reproductions,
            ReproducedOn = post.ReproducedOn,
            Liked = marks.Contains(PostMarkKind.Like),
            Reproduced = marks.Contains(PostMarkKind.Reproduced),
            HasCheckpoint = await store.HasAsync(post.CheckpointSha256, cancellationToken),
            VideoSha256 = post.VideoSha256,
            IsHidden = post.HiddenAt is not null,
            Passport = post.Passport.Length > 0 ? Passport.Read(post.Passport) : null,
            PassportSignature = post.PassportSignature,
        };
    }

    /// <summary>Publishes a video of the viewer's sampling run.</summary>
    /// <param name="videoArtifactId">The artifact (kind <c>video</c>).</param>
    /// <param name="title">1–120 characters.</param>
    public Task<PublishResult> PublishAsync(Guid videoArtifactId, string title, Viewer viewer, CancellationToken cancellationToken) =>
        PublishAsync(videoArtifactId, title, PostLicence.Default, viewer, cancellationToken);

    /// <summary>As above, under a licence of <see cref="PostLicence.All"/>.</summary>
    public async Task<PublishResult> PublishAsync(Guid videoArtifactId, string title, string licence, Viewer viewer, CancellationToken cancellationToken)
    {
        title = title.Trim();
        var slug = SlugOf(title);

        // Signing reads the file a few times: that is done before anybody waits for the database.
        var passport = await SignAsync(videoArtifactId, slug, viewer, cancellationToken);
        var result = await WriteAsync(videoArtifactId, title, licence, slug, passport, viewer, cancellationToken);
        feed.Forget();
        return result;
    }

    private async Task<IssuedPassport?> SignAsync(Guid videoArtifactId, string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Artifacts.AsNoTracking().Where(a => a.Id == videoArtifactId && a.Kind == "video")
            .Join(context.Runs, a => a.RunId, run => run.Id, (video, run) => new { video, run })
            .Where(x => x.run.OwnerId == viewer.MemberId || viewer.IsAdministrator)
            .SingleOrDefaultAsync(cancellationToken);
        return found is null || await context.Posts.AnyAsync(p => p.RunId == found.run.Id && p.SourceSha256 == found.video.Sha256, cancellationToken)
            ? null
            : await issuer.IssueAsync(context, found.video, found.run, slug, cancellationToken);
    }

    private Task<PublishResult> WriteAsync(Guid videoArtifactId, string title, string licence, string slug, IssuedPassport? passport, Viewer viewer, CancellationToken cancellationToken) =>
        writing.DoAsync<PublishResult>(
            async write =>
            {
                var context = write.Context;
                var reasons = await standing.CheckAsync(write, viewer, [title], cancellationToken);
                if (PostLicence.Find(licence) is null)
                    reasons.Add(new("licence_unknown"));
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
                else if (await context.Posts.AnyAsync(p => p.RunId == found.run.Id && (p.SourceSha256 == found.video.Sha256 || p.VideoSha256 == found.video.Sha256), cancellationToken))
                    reasons.Add(new("already_published"));
                if (found is null || reasons.Count > 0)
                    return new NotPublished(reasons);
                if (passport is null)
                    return new NotPublished([new("already_published")]);

                var poster = await context.Artifacts
                    .Where(a => a.RunId == found.run.Id && a.Kind == "poster" && a.Index == found.video.Index)
                    .Select(a => new { a.Sha256, a.FileName })
                    .FirstOrDefaultAsync(cancellationToken);
                var facts = await PostFacts.OfAsync(context, found.run, cancellationToken);
                var author = await context.Users.Where(member => member.Id == found.run.OwnerId).Select(member => member.DisplayName).SingleAsync(cancellationToken);
                var post = new Post
                {
                    Model = facts.Model,
                    Dataset = facts.Dataset,
                    Task = facts.Task,
                    Size = facts.Size,
                    Frames = facts.Frames,
                    Licence = licence,
                    SearchWords = PostSearch.Index(title, found.video.Prompt ?? "", author),
                    Id = Guid.CreateVersion7(write.Now),
                    Number = 1 + (await context.Posts.MaxAsync(p => (long?)p.Number, cancellationToken) ?? 0),
                    Slug = slug,
                    Title = title,
                    Prompt = found.video.Prompt ?? "",
                    SpecYaml = found.run.SpecYaml,
                    Seed = found.video.Seed ?? found.run.Seed,
                    CheckpointSha256 = found.run.CheckpointSha256 ?? "",
                    SoftwareVersion = found.run.SoftwareVersion,
                    DeviceSeconds = found.run.DeviceSeconds,
                    Flops = found.run.Flops,
                    VideoSha256 = passport.VideoSha256,
                    SourceSha256 = found.video.Sha256,
                    PictureSha256 = passport.PictureSha256,
                    Likeness = passport.Likeness,
                    Passport = passport.Text,
                    PassportSignature = passport.Signature,
                    PosterSha256 = poster?.Sha256,
                    PosterExtension = Path.GetExtension(poster?.FileName ?? ""),
                    AuthorId = found.run.OwnerId,
                    RunId = found.run.Id,
                    CreatedAt = write.Now,
                };
                context.Posts.Add(post);
                write.Announce(new(null, WebhookEvents.Post, $"post {post.Id:N}", author, title, "", "/gallery/" + slug));
                return new Published(post.Id, post.Slug);
            },
            cancellationToken);

    /// <summary>Takes a post out of the gallery. Null when done, else why not.</summary>
    public async Task<Refusal?> RemoveAsync(Guid postId, Viewer viewer, CancellationToken cancellationToken)
    {
        var refusal = await writing.DoAsync(
            async write =>
            {
                var post = await write.Context.Posts
                    .SingleOrDefaultAsync(post => post.Id == postId && (viewer.IsModerator || viewer.IsAdministrator || post.AuthorId == viewer.MemberId), cancellationToken);
                if (post is null)
                    return new Refusal("not_found");
                if (post.AuthorId != viewer.MemberId)
                    await Audit.WriteAsync(write, viewer, "post_removed", post.Title, "", cancellationToken);
                write.Context.Posts.Remove(post);
                return null;
            },
            cancellationToken);
        feed.Forget();
        return refusal;
    }

    /// <summary>Words of the title that survive in an address, and enough chance that nobody guesses or collides.</summary>
    internal static string SlugOf(string title, string otherwise = "video")
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
        return $"{(start.Length == 0 ? otherwise : start)}-{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 6)}";
    }

    private static string Video(Post post) => Artifact.UrlOf(post.VideoSha256, $"minisora-{post.Slug}.mp4");

    private static string? Poster(Post post) => post.PosterSha256 is { } sha256 ? Artifact.UrlOf(sha256, $"minisora-{post.Slug}{post.PosterExtension}") : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

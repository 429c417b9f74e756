using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Web.Account;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery.Compare;

/// <summary>A video that can be put beside others.</summary>
public sealed record VideoOffer(string Slug, string Title, string AuthorName);

/// <summary>Finds the videos that an address names, with what made them.</summary>
internal sealed class VideoComparisons(IDbContextFactory<MiniSoraDbContext> contexts, GalleryService gallery)
{
    private const int OfOneModel = 12, Newest = 24;

    /// <summary>The videos in the order they were named, each once, and the names that are nobody's, or not for this viewer.</summary>
    public async Task<(IReadOnlyList<ComparedVideo> Videos, IReadOnlyList<string> Unknown)> FindAsync(IReadOnlyList<string> slugs, Viewer viewer, CancellationToken cancellationToken)
    {
        var (posts, unknown) = (new List<PostDetails>(), new List<string>());
        foreach (var slug in slugs)
        {
            if (await gallery.GetAsync(slug, viewer, cancellationToken) is { } post)
                posts.Add(post);
            else
                unknown.Add(slug);
        }

        var runs = posts.Select(post => post.Training?.RunId).OfType<Guid>().Distinct().ToList();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var trained = await context.Runs.Where(run => runs.Contains(run.Id)).ToDictionaryAsync(run => run.Id, run => run.SpecYaml, cancellationToken);
        return ([.. posts.Select(post => new ComparedVideo(
            post, SpecYaml.Read(post.SpecYaml).Spec as SamplingSpec,
            post.Training is { } training && trained.TryGetValue(training.RunId, out var yaml) ? SpecYaml.Read(yaml).Spec as TrainingSpec : null))], unknown);
    }

    /// <summary>Others to put beside them: of the first one's checkpoint, then the newest of all.</summary>
    public async Task<IReadOnlyList<VideoOffer>> OffersAsync(IReadOnlyList<ComparedVideo> videos, CancellationToken cancellationToken)
    {
        var taken = videos.Select(video => video.Post.Id).ToList();
        var model = videos is [var first, ..] ? first.Post.CheckpointSha256 : "";
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var shown = context.Posts.Where(post => post.HiddenAt == null && !taken.Contains(post.Id));
        var relatives = await OffersAsync(shown.Where(post => post.CheckpointSha256 == model), OfOneModel);
        return [.. relatives.Concat(await OffersAsync(shown, Newest)).DistinctBy(offer => offer.Slug)];

        Task<List<VideoOffer>> OffersAsync(IQueryable<Post> posts, int take) => posts.OrderByDescending(post => post.Number).Take(take)
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post.Number, post.Slug, post.Title, member.DisplayName })
            .OrderByDescending(row => row.Number)
            .Select(row => new VideoOffer(row.Slug, row.Title, row.DisplayName)).ToListAsync(cancellationToken);
    }
}

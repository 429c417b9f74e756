using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>A value of a facet and how many videos have it, with the other choices as they are.</summary>
public sealed record FacetValue(string Value, int Count);

/// <summary>What can be chosen: for each facet its values, most frequent first; and how many videos the question finds.</summary>
public sealed record FacetCounts(IReadOnlyDictionary<GalleryFacet, IReadOnlyList<FacetValue>> Facets, int Total);

/// <summary>
/// Pages of the gallery. A page starts behind the last video of the page before (no offset to count through); a jump to a
/// page by its number counts, on an index that holds nothing but the order.
/// </summary>
public sealed class GalleryFeed(IDbContextFactory<MiniSoraDbContext> contexts)
{
    private readonly PostCounts counts = new(contexts);

    /// <summary>Something was published, hidden or removed here: for whoever tells other portals.</summary>
    internal event Action? Forgotten;

    /// <summary>A page of tiles.</summary>
    public async Task<PostPage> ListAsync(GalleryQuery query, CancellationToken cancellationToken)
    {
        var take = Math.Clamp(query.Take, 1, 100);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var posts = Narrow(context, query);
        posts = query.Sort switch
        {
            GallerySort.Liked => posts.OrderByDescending(post => post.Likes).ThenByDescending(post => post.Number),
            GallerySort.Cheapest => posts.OrderBy(post => post.DeviceSeconds).ThenBy(post => post.Number),
            _ => posts.OrderByDescending(post => post.Number),
        };
        if (Cursor.Read(query.After) is { } cursor)
            posts = Behind(posts, query.Sort, cursor);
        else if (query.Page > 1)
            posts = posts.Skip((query.Page - 1) * take);

        var rows = await posts.Take(take + 1)
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new
            {
                post.Id,
                post.Number,
                post.Slug,
                post.Title,
                post.Prompt,
                member.DisplayName,
                member.Handle,
                post.VideoSha256,
                post.PosterSha256,
                post.PosterExtension,
                post.CreatedAt,
                post.Likes,
                post.Reproductions,
                post.ReproducedOn,
                post.Comments,
                post.DeviceSeconds,
            })
            .ToListAsync(cancellationToken);

        // The join does not promise to keep the order.
        var page = (query.Sort switch
        {
            GallerySort.Liked => rows.OrderByDescending(row => row.Likes).ThenByDescending(row => row.Number),
            GallerySort.Cheapest => rows.OrderBy(row => row.DeviceSeconds).ThenBy(row => row.Number),
            _ => rows.OrderByDescending(row => row.Number),
        }).Take(take).ToList();
        var next = rows.Count > take ? new Cursor(KeyOf(query.Sort, page[^1].Likes, page[^1].DeviceSeconds), page[^1].Number).ToString() : null;
        return new(
            [.. page.Select(row => new PostTile(
                row.Id, row.Slug, row.Title, row.Prompt, row.DisplayName, Artifact.UrlOf(row.VideoSha256, $"minisora-{row.Slug}.mp4"),
                row.PosterSha256 is { } poster ? Artifact.UrlOf(poster, $"minisora-{row.Slug}{row.PosterExtension}") : null, row.CreatedAt)
            {
                AuthorHandle = row.Handle,
                Likes = row.Likes,
                Reproductions = row.Reproductions,
                ReproducedOn = row.ReproducedOn,
                Comments = row.Comments,
            })],
            next);
    }

    /// <summary>What one can choose now, and how many videos the question finds.</summary>
    public async Task<FacetCounts> CountAsync(GalleryQuery query, CancellationToken cancellationToken)
    {
        var cells = await counts.OfAsync(query.Text, cancellationToken);
        var facets = Enum.GetValues<GalleryFacet>().ToDictionary(facet => facet, facet => cells.ValuesOf(facet, query.Facets));
        return new(facets, cells.Total(query.Facets));
    }

    /// <summary>Counts anew from now on: something was published, hidden or removed.</summary>
    internal void Forget()
    {
        Hear();
        Forgotten?.Invoke();
    }

    /// <summary>Something was published, hidden or removed by another portal.</summary>
    internal void Hear() => counts.Forget();

    private static IQueryable<Post> Narrow(MiniSoraDbContext context, GalleryQuery query)
    {
        var posts = PostSearch.Find(context, context.Posts.AsNoTracking().Where(post => post.HiddenAt == null), query.Text);
        foreach (var (facet, value) in query.Facets)
        {
            posts = facet switch
            {
                GalleryFacet.Model => posts.Where(post => post.Model == value),
                GalleryFacet.Dataset => posts.Where(post => post.Dataset == value),
                GalleryFacet.Task => posts.Where(post => post.Task == value),
                GalleryFacet.Size => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? posts.Where(post => post.Size == size) : posts.Where(_ => false),
                GalleryFacet.Cost => CostClass.Of(value) is { } cost ? posts.Where(cost) : posts.Where(_ => false),
                _ => posts.Where(post => post.Licence == value),
            };
        }

        return posts;
    }

    private static IQueryable<Post> Behind(IQueryable<Post> posts, GallerySort sort, Cursor cursor)
    {
        var (key, number) = cursor;
        switch (sort)
        {
            case GallerySort.Liked:
                var likes = (int)Math.Clamp(key, 0, int.MaxValue);
                return posts.Where(post => post.Likes < likes || (post.Likes == likes && post.Number < number));
            case GallerySort.Cheapest:
                return posts.Where(post => post.DeviceSeconds > key || (post.DeviceSeconds == key && post.Number > number));
            default:
                return posts.Where(post => post.Number < number);
        }
    }

    private static double KeyOf(GallerySort sort, int likes, double seconds) => sort switch
    {
        GallerySort.Liked => likes,
        GallerySort.Cheapest => seconds,
        _ => 0,
    };

    /// <summary>Place of the last video of a page: what it was sorted by, and its number.</summary>
    private sealed record Cursor(double Key, long Number)
    {
        public static Cursor? Read(string? text)
        {
            var at = text?.LastIndexOf('_') ?? -1;
            if (!long.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            return at < 0 ? new(0, number)
                : double.TryParse(text.AsSpan(0, at), NumberStyles.Float, CultureInfo.InvariantCulture, out var key) && double.IsFinite(key) ? new(key, number) : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Key:R}_{Number}");
    }
}

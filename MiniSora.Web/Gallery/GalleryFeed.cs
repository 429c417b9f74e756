using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
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
    // Counting 100,000 videos by six facets takes longer than a page may; a count that is half a minute old does no harm.
    private static readonly TimeSpan CountsKept = TimeSpan.FromSeconds(30);

    private readonly MemoryCache counts = new(new MemoryCacheOptions { SizeLimit = 500 });

    /// <summary>A page of tiles.</summary>
    public async Task<PostPage> ListAsync(GalleryQuery query, CancellationToken cancellationToken)
    {
        var take = Math.Clamp(query.Take, 1, 100);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var posts = Narrow(context, query, except: null);
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
                Comments = row.Comments,
            })],
            next);
    }

    /// <summary>What one can choose now, and how many videos the question finds. Half a minute old at most.</summary>
    public async Task<FacetCounts> CountAsync(GalleryQuery query, CancellationToken cancellationToken)
    {
        var key = (query with { After = null, Page = 1, Sort = GallerySort.Newest }).Address;
        if (counts.TryGetValue(key, out FacetCounts? known))
            return known!;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var facets = new Dictionary<GalleryFacet, IReadOnlyList<FacetValue>>();
        foreach (var facet in Enum.GetValues<GalleryFacet>())
            facets[facet] = await ValuesAsync(Narrow(context, query, except: facet), facet, cancellationToken);
        var fresh = new FacetCounts(facets, await Narrow(context, query, except: null).CountAsync(cancellationToken));
        return counts.Set(key, fresh, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = CountsKept, Size = 1 });
    }

    /// <summary>Counts anew from now on: something was published, hidden or removed.</summary>
    internal void Forget() => counts.Clear();

    private static async Task<IReadOnlyList<FacetValue>> ValuesAsync(IQueryable<Post> posts, GalleryFacet facet, CancellationToken cancellationToken)
    {
        if (facet == GalleryFacet.Cost)
        {
            var found = await posts.GroupBy(post => post.DeviceSeconds < 60 ? 0 : post.DeviceSeconds < 3600 ? 1 : 2)
                .Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken);
            return [.. found.OrderBy(group => group.Key).Select(group => new FacetValue(CostClass.All[group.Key], group.Count))];
        }

        if (facet == GalleryFacet.Size)
        {
            var found = await posts.Where(post => post.Size > 0).GroupBy(post => post.Size).Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken);
            return [.. found.OrderBy(group => group.Key).Select(group => new FacetValue(group.Key.ToString(CultureInfo.InvariantCulture), group.Count))];
        }

        var values = facet switch
        {
            GalleryFacet.Model => posts.GroupBy(post => post.Model),
            GalleryFacet.Dataset => posts.GroupBy(post => post.Dataset),
            GalleryFacet.Task => posts.GroupBy(post => post.Task),
            _ => posts.GroupBy(post => post.Licence),
        };
        var texts = await values.Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken);
        return [.. texts.Where(group => group.Key.Length > 0).OrderByDescending(group => group.Count).ThenBy(group => group.Key, StringComparer.Ordinal).Take(20).Select(group => new FacetValue(group.Key, group.Count))];
    }

    private static IQueryable<Post> Narrow(MiniSoraDbContext context, GalleryQuery query, GalleryFacet? except)
    {
        var posts = PostSearch.Find(context, context.Posts.AsNoTracking().Where(post => post.HiddenAt == null), query.Text);
        foreach (var (facet, value) in query.Facets)
        {
            if (facet == except)
                continue;
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

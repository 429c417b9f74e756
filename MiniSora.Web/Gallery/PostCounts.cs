using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>How many videos are alike in all facets.</summary>
/// <param name="Cost">Index into <see cref="CostClass.All"/>.</param>
internal readonly record struct PostCell(string Model, string Dataset, string Task, int Size, int Cost, string Licence, int Count)
{
    public string Of(GalleryFacet facet) => facet switch
    {
        GalleryFacet.Model => Model,
        GalleryFacet.Dataset => Dataset,
        GalleryFacet.Task => Task,
        GalleryFacet.Size => Size > 0 ? Size.ToString(CultureInfo.InvariantCulture) : "",
        GalleryFacet.Cost => CostClass.All[Cost],
        _ => Licence,
    };
}

/// <summary>The videos that a text finds, counted once by all facets together: every choice of facets is a sum over these.</summary>
internal sealed class PostCells(IReadOnlyList<PostCell> cells)
{
    private const int MostValues = 20;

    public int Count => cells.Count;

    /// <summary>How many videos have all the chosen values.</summary>
    public int Total(IReadOnlyDictionary<GalleryFacet, string> chosen) => Chosen(chosen, null).Sum(cell => cell.Count);

    /// <summary>A facet's values with the other choices as they are: sizes and costs in their order, the others most frequent first.</summary>
    public IReadOnlyList<FacetValue> ValuesOf(GalleryFacet facet, IReadOnlyDictionary<GalleryFacet, string> chosen)
    {
        var groups = Chosen(chosen, facet).GroupBy(cell => cell.Of(facet)).Where(group => group.Key.Length > 0)
            .Select(group => (First: group.First(), Value: new FacetValue(group.Key, group.Sum(cell => cell.Count))));
        return facet switch
        {
            GalleryFacet.Size => [.. groups.OrderBy(group => group.First.Size).Select(group => group.Value)],
            GalleryFacet.Cost => [.. groups.OrderBy(group => group.First.Cost).Select(group => group.Value)],
            _ => [.. groups.Select(group => group.Value).OrderByDescending(value => value.Count).ThenBy(value => value.Value, StringComparer.Ordinal).Take(MostValues)],
        };
    }

    private IEnumerable<PostCell> Chosen(IReadOnlyDictionary<GalleryFacet, string> chosen, GalleryFacet? except) =>
        cells.Where(cell => chosen.All(choice => choice.Key == except || cell.Of(choice.Key) == choice.Value));
}

/// <summary>
/// Counts kept until something is published, hidden or removed: every portal that does says so. One query per text, however many choices of facets
/// are looked at afterwards.
/// </summary>
internal sealed class PostCounts(IDbContextFactory<MiniSoraDbContext> contexts)
{
    // In cells: a few megabytes.
    private const int MostKept = 100_000;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = MostKept });
    private int changes;

    public async Task<PostCells> OfAsync(string text, CancellationToken cancellationToken)
    {
        if (kept.TryGetValue(text, out PostCells? known))
            return known!;
        var before = Volatile.Read(ref changes);
        var fresh = await CountAsync(text, cancellationToken);
        // What was counted while something changed may lack it.
        if (before == Volatile.Read(ref changes))
            kept.Set(text, fresh, new MemoryCacheEntryOptions { Size = 1 + fresh.Count });
        return fresh;
    }

    public void Forget()
    {
        Interlocked.Increment(ref changes);
        kept.Clear();
    }

    private async Task<PostCells> CountAsync(string text, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await PostSearch.Find(context, context.Posts.AsNoTracking().Where(post => post.HiddenAt == null), text)
            .GroupBy(post => new { post.Model, post.Dataset, post.Task, post.Size, post.Licence, Cost = post.DeviceSeconds < 60 ? 0 : post.DeviceSeconds < 3600 ? 1 : 2 })
            .Select(group => new { group.Key.Model, group.Key.Dataset, group.Key.Task, group.Key.Size, group.Key.Cost, group.Key.Licence, Count = group.Count() })
            .ToListAsync(cancellationToken);
        // Few words, many rows: each is kept once.
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        string Word(string word)
        {
            if (words.TryGetValue(word, out var same))
                return same;
            words.Add(word, word);
            return word;
        }

        return new([.. rows.Select(row => new PostCell(Word(row.Model), Word(row.Dataset), Word(row.Task), row.Size, row.Cost, Word(row.Licence), row.Count))]);
    }
}

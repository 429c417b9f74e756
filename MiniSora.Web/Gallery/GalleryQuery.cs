using System.Globalization;

namespace MiniSora.Web.Gallery;

/// <summary>In which order the gallery shows its videos.</summary>
public enum GallerySort
{
    /// <summary>Newest first.</summary>
    Newest,

    /// <summary>Most liked first.</summary>
    Liked,

    /// <summary>Least device time first.</summary>
    Cheapest,
}

/// <summary>What one can narrow the gallery down by.</summary>
public enum GalleryFacet
{
    Model,
    Dataset,
    Task,
    Size,
    Cost,
    Licence,
}

/// <summary>What is asked of the gallery: all of it is in the address of the page.</summary>
public sealed record GalleryQuery
{
    /// <summary>Words to look for; empty: everything.</summary>
    public string Text { get; init; } = "";

    /// <summary>The chosen value of each facet that has one.</summary>
    public IReadOnlyDictionary<GalleryFacet, string> Facets { get; init; } = new Dictionary<GalleryFacet, string>();

    public GallerySort Sort { get; init; }

    /// <summary>The previous page's <see cref="PostPage.Next"/>; null or nonsense: the first page.</summary>
    public string? After { get; init; }

    /// <summary>Number of the page to jump to, from 1; of no meaning beside <see cref="After"/>.</summary>
    public int Page { get; init; } = 1;

    /// <summary>Videos a page, 1–100.</summary>
    public int Take { get; init; } = 24;

    /// <summary>Anything narrows the gallery down.</summary>
    public bool IsNarrowed => Text.Length > 0 || Facets.Count > 0;

    /// <summary>Reads the query string of the page.</summary>
    public static GalleryQuery From(IQueryCollection query)
    {
        var facets = new Dictionary<GalleryFacet, string>();
        foreach (var facet in Enum.GetValues<GalleryFacet>())
        {
            if (query[NameOf(facet)].ToString() is { Length: > 0 and <= 80 } value)
                facets[facet] = value;
        }

        return new()
        {
            Text = query["q"].ToString().Trim() is { Length: <= 200 } text ? text : "",
            Facets = facets,
            Sort = Enum.TryParse<GallerySort>(query["sort"], ignoreCase: true, out var sort) && Enum.IsDefined(sort) ? sort : GallerySort.Newest,
            After = query["after"].ToString() is { Length: > 0 } after ? after : null,
            Page = int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Max(1, page) : 1,
        };
    }

    /// <summary>The page's address for this question.</summary>
    public string Address
    {
        get
        {
            var parts = new List<string>();
            if (Text.Length > 0)
                parts.Add("q=" + Uri.EscapeDataString(Text));
            parts.AddRange(Facets.OrderBy(facet => facet.Key).Select(facet => $"{NameOf(facet.Key)}={Uri.EscapeDataString(facet.Value)}"));
            if (Sort != GallerySort.Newest)
                parts.Add("sort=" + Sort.ToString().ToLowerInvariant());
            if (After is not null)
                parts.Add("after=" + Uri.EscapeDataString(After));
            else if (Page > 1)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"page={Page}"));
            return parts.Count == 0 ? "/gallery" : "/gallery?" + string.Join('&', parts);
        }
    }

    /// <summary>The same question about another value of a facet (null: any), from the first page.</summary>
    public GalleryQuery With(GalleryFacet facet, string? value)
    {
        var facets = Facets.Where(chosen => chosen.Key != facet).ToDictionary();
        if (value is not null)
            facets[facet] = value;
        return this with { Facets = facets, After = null, Page = 1 };
    }

    internal static string NameOf(GalleryFacet facet) => facet.ToString().ToLowerInvariant();
}

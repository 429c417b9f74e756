using Microsoft.Extensions.Localization;

namespace MiniSora.Web.Gallery;

/// <summary>Values of facets as people read them.</summary>
internal static class FacetLabel
{
    /// <summary>In the reader's language; a value the texts do not know (a dataset of a member) as it is.</summary>
    public static string Of(IStringLocalizer<GalleryTexts> texts, GalleryFacet facet, string value) => facet switch
    {
        GalleryFacet.Size => $"{value} px",
        GalleryFacet.Licence => PostLicence.Find(value)?.Name ?? value,
        _ => texts[$"Value.{facet}.{value}"] is { ResourceNotFound: false } known ? known.Value : value,
    };
}

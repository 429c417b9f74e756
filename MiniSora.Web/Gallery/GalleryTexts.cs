namespace MiniSora.Web.Gallery;

/// <summary>Marks the resource files of the gallery.</summary>
internal sealed class GalleryTexts;

using System.Globalization;
using MiniSora.Model.Datasets;

namespace MiniSora.Web.Datasets;

/// <summary>Licence and thanks of a dataset that ships or is fetched.</summary>
internal sealed record DatasetCredits(string LicenceName, string? LicenceText, string Credits, string? SourceUrl)
{
    /// <summary>Drawn by our own code.</summary>
    public static DatasetCredits Shapes { get; } = new("MIT", null, "MiniSora contributors", null);

    /// <summary>A member's own files.</summary>
    public static DatasetCredits Folder { get; } = new("", null, "", null);

    /// <summary>What the packages say, no more and no less; in the current language.</summary>
    public static DatasetCredits Emoji => new(
        "MIT (npm)",
        Say(EmojiNotice.Licence) + "\n\n" + string.Join("\n", EmojiNotice.Links),
        Say(EmojiNotice.Credits),
        EmojiNotice.Links[0].ToString());

    /// <summary>Of a dataset by its id; whatever is no dataset of ours is a member's own files.</summary>
    public static DatasetCredits Of(string id) => id switch
    {
        DatasetCatalog.Shapes => Shapes,
        DatasetCatalog.Emoji => Emoji,
        _ => Folder,
    };

    private static string Say(NoticeText text) =>
        CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh" ? text.Chinese : text.English;
}

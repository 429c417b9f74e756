namespace MiniSora.Web.Gallery;

/// <summary>A licence an author may choose for a video.</summary>
/// <param name="Id">As stored and in addresses.</param>
/// <param name="Name">As people write it; the same in every language.</param>
/// <param name="Url">Its text.</param>
internal sealed record PostLicence(string Id, string Name, string Url)
{
    public const string Default = "cc-by-4.0";

    public static IReadOnlyList<PostLicence> All { get; } =
    [
        new(Default, "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        new("cc-by-sa-4.0", "CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
        new("cc-by-nc-4.0", "CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
        new("cc0-1.0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    ];

    /// <summary>The licence with this id; null when there is none.</summary>
    public static PostLicence? Find(string id) => All.FirstOrDefault(licence => licence.Id == id);
}

namespace MiniSora.Web.Capsules;

/// <summary>The files of the store that a capsule's page shows, and where it finds them.</summary>
public sealed class CapsuleFiles
{
    /// <summary>Files of one capsule; a run that made more clips than this keeps the rest at the portal.</summary>
    public const int Most = 1000;

    private readonly Dictionary<string, string> paths = [];

    /// <summary>SHA-256 to path within the capsule.</summary>
    public IReadOnlyDictionary<string, string> Paths => paths;

    /// <summary>Files for which there was no room.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Where the page finds what the portal has at <c>/files/{sha256}/{name}</c>; null for no file, and where there is no room.</summary>
    public string? Of(string? url)
    {
        if (url?.Split('?')[0].Split('/') is not ["", "files", var sha256, var name])
            return null;
        if (!paths.TryGetValue(sha256, out var path))
        {
            if (paths.Count == Most)
            {
                LeftOut++;
                return null;
            }

            paths[sha256] = path = $"media/{sha256[..16]}{Path.GetExtension(name)}";
        }

        return path;
    }
}

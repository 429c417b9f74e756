namespace MiniSora.Web.Security;

/// <summary>Where a person is sent back to: only a path of this site, never somebody else's.</summary>
internal static class LocalUrl
{
    public static string OrHome(string? url)
    {
        if (string.IsNullOrEmpty(url))
            return "/";

        // "//host" and "/\host" are read by browsers as another site.
        var path = url[0] == '/' ? url : "/" + url;
        return path.Length > 1 && path[1] is '/' or '\\' || path.Any(char.IsControl) ? "/" : path;
    }
}

using System.Security.Cryptography;

namespace MiniSora.Model.Native;

/// <summary>
/// Where the edited wrapper lives: <c>$XDG_CACHE_HOME/minisora/native/&lt;sha256 of the original&gt;/</c>. The original is never
/// touched, since output folders are hard links into the package cache. The wrapper's own needs (libtorch.so and what
/// belongs to it) are loaded from beside the original first and found by name, so the copy needs no neighbours.
/// </summary>
internal static class PrivateCopy
{
    /// <summary>Path of an edited copy of <paramref name="wrapper"/> below <paramref name="cache"/>, written if missing or different.</summary>
    internal static string Ensure(string wrapper, string cache)
    {
        var original = File.ReadAllBytes(wrapper);
        var edited = WrapperPatch.Apply(original);
        var folder = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(original)));
        var path = Path.Combine(folder, Path.GetFileName(wrapper));
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(edited)) return path;

        Directory.CreateDirectory(folder);
        // Two processes may come here at once: each writes its own file and the renames are atomic. A process that has
        // already loaded the first keeps its inode.
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, edited);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return path;
    }

    /// <summary>The cache folder for this user: XDG's rule, an unset or relative variable means <c>~/.cache</c>.</summary>
    internal static string DefaultCache()
    {
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(root, "minisora", "native");
    }
}

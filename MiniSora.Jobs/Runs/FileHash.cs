using System.Security.Cryptography;

namespace MiniSora.Jobs.Runs;

/// <summary>Names a file by its content.</summary>
internal static class FileHash
{
    /// <summary>SHA-256, lower-case hex.</summary>
    public static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

using System.Security.Cryptography;
using System.Text;

namespace MiniSora.Jobs.Specs;

/// <summary>Names a spec by its content.</summary>
public static class SpecHash
{
    /// <summary>SHA-256, lower-case hex, of the canonical YAML in UTF-8.</summary>
    public static string Of(RunSpec spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SpecYaml.Write(spec))));
}

using System.Security.Cryptography;
using System.Text;

namespace MiniSora.Jobs.Specs;

/// <summary>Names a spec by its content.</summary>
public static class SpecHash
{
    /// <summary>Of what a training run does, whatever it is called, its seed, where it runs and what it shows meanwhile: runs with one of these learn the same.</summary>
    public static string OfRecipe(TrainingSpec spec)
    {
        var plain = new TrainingSpec();
        return Of(spec with { Name = plain.Name, Seed = plain.Seed, Device = plain.Device, Preview = plain.Preview });
    }

    /// <summary>SHA-256, lower-case hex, of the canonical YAML in UTF-8.</summary>
    public static string Of(RunSpec spec) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SpecYaml.Write(spec))));
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniSora.Web.Passports;

/// <summary>
/// How a video was made, in one signed text. Properties are written in the order of their names, without spaces, so that the same facts
/// are always the same bytes.
/// </summary>
/// <param name="Checkpoint">SHA-256 of the checkpoint.</param>
/// <param name="Dataset">Id of the dataset; empty where the training run is gone.</param>
/// <param name="Device">What it was sampled on, e.g. <c>cpu</c>.</param>
/// <param name="Format">Always <see cref="Version"/>.</param>
/// <param name="Key">Public key of the portal, base64.</param>
/// <param name="Metrics">Merkle root of the training run's metric log; empty where there is none.</param>
/// <param name="Pictures">SHA-256 of the coded pictures; empty where the file could not be read.</param>
/// <param name="Post">Slug of the post.</param>
/// <param name="Precision">Number format of sampling.</param>
/// <param name="Prompt">SHA-256 of the prompt.</param>
/// <param name="Seed">Seed of this clip, decimal: JSON numbers lose digits in some readers.</param>
/// <param name="Software">Version of the software.</param>
/// <param name="Spec">SHA-256 of the sampling spec, canonical YAML.</param>
/// <param name="TrainingSpec">SHA-256 of the spec that trained the checkpoint, which names and prepares the data; empty where the run is gone.</param>
public sealed record Passport(
    string Checkpoint, string Dataset, string Device, string Format, string Key, string Metrics, string Pictures, string Post, string Precision, string Prompt, string Seed, string Software, string Spec, string TrainingSpec)
{
    public const string Version = "minisora-passport/1";

    private static readonly JsonSerializerOptions Canonical = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The text that is signed.</summary>
    [JsonIgnore]
    public string Text => JsonSerializer.Serialize(this, Canonical);

    /// <summary>Reads a passport; null when the text is none.</summary>
    public static Passport? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Passport>(text, Canonical);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>SHA-256 of a text in UTF-8, lower-case hex.</summary>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

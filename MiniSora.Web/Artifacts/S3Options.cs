using System.ComponentModel.DataAnnotations;

namespace MiniSora.Web.Artifacts;

/// <summary>Section <c>Artifacts:S3</c> of the settings: where the files of the store lie when not in the data folder.</summary>
public sealed class S3Options : IValidatableObject
{
    /// <summary>Name of the bucket. Empty: the data folder holds the files.</summary>
    [RegularExpression("[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]", ErrorMessage = "Artifacts:S3:Bucket is no name of a bucket.")]
    public string Bucket { get; set; } = "";

    /// <summary>Address of an S3-compatible server, e.g. <c>https://s3.example:9000</c>. Empty: AWS.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Region, also the one that requests are signed for. Default <c>us-east-1</c>.</summary>
    [Required, RegularExpression("[a-zA-Z0-9-]{1,64}", ErrorMessage = "Artifacts:S3:Region is no name of a region.")]
    public string Region { get; set; } = "us-east-1";

    /// <summary>What the names of all objects begin with, e.g. <c>minisora/</c>. Default empty.</summary>
    [RegularExpression("[a-zA-Z0-9_][a-zA-Z0-9._/-]{0,199}", ErrorMessage = "Artifacts:S3:Prefix may have letters, digits and . _ - /, and begins with none of the last four.")]
    public string Prefix { get; set; } = "";

    /// <summary>Bytes of the bucket's files that the data folder keeps at hand. Default 20 GiB.</summary>
    [Range(1 << 20, long.MaxValue)] public long CacheBytes { get; set; } = 20L << 30;

    /// <summary>With <see cref="SecretKey"/>: who asks. Empty: environment, profile or role of the machine, as the SDK finds them.</summary>
    public string AccessKey { get; set; } = "";

    public string SecretKey { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint.Length > 0 && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")))
            yield return new("Artifacts:S3:Endpoint is no http or https address.", [nameof(Endpoint)]);
        if (AccessKey.Length == 0 != (SecretKey.Length == 0))
            yield return new("Artifacts:S3:AccessKey and Artifacts:S3:SecretKey are given together or not at all.", [nameof(AccessKey)]);
    }
}

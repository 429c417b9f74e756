namespace MiniSora.Model.Media;

/// <summary>Names of the tags that a video of ours carries in its container, so that a downloaded file can be made again.</summary>
public static class MediaTags
{
    /// <summary>The run's spec, canonical YAML.</summary>
    public const string Spec = "minisora.spec";

    /// <summary>Seed of this clip, decimal.</summary>
    public const string Seed = "minisora.seed";

    /// <summary>SHA-256 (hex) of the checkpoint.</summary>
    public const string Checkpoint = "minisora.checkpoint";

    /// <summary>Software and version, e.g. <c>MiniSora 0.1.0</c>.</summary>
    public const string Software = "minisora.software";

    /// <summary>Passport: canonical JSON that says how the video was made; written by the portal that published it.</summary>
    public const string Passport = "minisora.passport";

    /// <summary>Ed25519 signature of the passport, base64.</summary>
    public const string Signature = "minisora.signature";

    /// <summary>The prompt; players show it as the title.</summary>
    public const string Title = "title";
}

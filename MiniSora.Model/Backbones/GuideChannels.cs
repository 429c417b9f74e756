namespace MiniSora.Model.Backbones;

/// <summary>Which output channels classifier-free guidance acts on (models.md §1.1, the 3-channel quirk).</summary>
public enum GuideChannels
{
    /// <summary>The first three, as DiT's published figures were made; the fourth latent channel follows the condition alone.</summary>
    First3,

    /// <summary>The first four whatever the input has, as in Latte.</summary>
    First4,

    /// <summary>As many as the input has: everything but the variance.</summary>
    All,
}

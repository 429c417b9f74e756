namespace MiniSora.Model.Sampling;

/// <summary>One clip to draw.</summary>
/// <param name="Prompt">Any text; empty means without a prompt (the null caption).</param>
/// <param name="Seed">Seed of the clip's own noise: the same request gives the same clip in any batch.</param>
/// <param name="FirstFrame">
/// For image-to-video: uint8 [H, W, 3], RGB, in the sampler's size; the clip starts with it. Null: text-to-video.
/// </param>
public sealed record SampleRequest(string Prompt, long Seed, byte[]? FirstFrame = null);

namespace MiniSora.Model.Sampling;

/// <summary>One clip to draw.</summary>
/// <param name="Prompt">Any text; empty means without a prompt (the null caption).</param>
/// <param name="Seed">Seed of the clip's own noise: the same request gives the same clip in any batch.</param>
/// <param name="Task">What it is made from; null: from the prompt alone.</param>
/// <param name="Size">
/// Another size or length than the checkpoint's main one; null: that one. Only MiniSora takes it, and what it makes of a shape that it was not
/// trained on is its own affair.
/// </param>
public sealed record SampleRequest(string Prompt, long Seed, SampleTask? Task = null, ClipSize? Size = null);

using System.Globalization;

namespace MiniSora.Soak;

/// <summary>What the runs of this program train.</summary>
internal static class Specs
{
    /// <summary>A training of some milliseconds a step, with a checkpoint every hundred.</summary>
    public static string Tiny(string name, int seed, int steps) => string.Create(CultureInfo.InvariantCulture, $$"""
        kind: training
        name: "{{name}}"
        seed: {{seed}}
        device: cpu
        data: { dataset: shapes, frames: 4, size: 16 }
        codec: { kind: linear, channels: 8 }
        model: { width: 32, depth: 1, heads: 1, patch: 2, text_depth: 0 }
        training: { steps: {{steps}}, batch: 1, warmup_steps: 2, precision: fp32, checkpoint_steps: 100 }
        preview: { prompts: [] }
        """);

    /// <summary>A training whose step needs far more memory than the start of its process.</summary>
    /// <param name="parts">Into how many parts a step is taken: twice as many need about half.</param>
    public static string Hungry(string name, int parts, int steps) => string.Create(CultureInfo.InvariantCulture, $$"""
        kind: training
        name: "{{name}}"
        seed: 1
        device: cpu
        data: { dataset: shapes, frames: 8, size: 32 }
        codec: { kind: linear, channels: 8 }
        model: { width: 128, depth: 2, heads: 2, patch: 2, text_depth: 0 }
        training: { steps: {{steps}}, batch: 256, accumulation: {{parts}}, warmup_steps: 2, precision: fp32, checkpoint_steps: 100 }
        preview: { prompts: [] }
        """);
}

using MiniSora.Model.Layers;
using MiniSora.Model.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Sampling;

/// <summary>A <see cref="SampleTask"/> as one window of latents sees it.</summary>
internal sealed record LatentTask
{
    /// <summary>All frames from noise.</summary>
    public static LatentTask Free { get; } = new();

    /// <summary>What is known, [1, F, c, h, w]: given frames, and what the others start from where <see cref="From"/> is below 1. The task does not own it.</summary>
    public Tensor? Clean { get; init; }

    /// <summary>Which latent frames are given; null: none.</summary>
    public bool[]? Given { get; init; }

    /// <summary>Time that the other frames start from: 1 is noise alone, below it <see cref="Clean"/> shines through.</summary>
    public double From { get; init; } = 1;

    /// <summary>The source's own prompt, to reach <see cref="From"/> along the flow; null: by mixing with noise.</summary>
    public string? Inversion { get; init; }

    /// <summary>Time is a circle: see <see cref="LoopCircular"/>.</summary>
    public bool Circular { get; init; }

    /// <summary>A second prompt and its weight in every latent frame, 0 to 1; null: one prompt.</summary>
    public (string Prompt, float[] Weights)? Second { get; init; }

    /// <summary>Name for messages when it is more than a clip from noise, else null.</summary>
    public string? Kind => Circular ? nameof(LoopCircular) : From < 1 ? nameof(Edit) : Given is not null ? "given frames" : Second is not null ? nameof(Connect) : null;

    /// <summary>Given frames from <see cref="Clean"/>, the others from <paramref name="free"/>; belongs to the current scope.</summary>
    public Tensor Place(Tensor free)
    {
        if (Given is null || Clean is null)
            return free;
        using var mask = tensor(Given, [1, Given.Length, 1, 1, 1], device: free.device);
        return where(mask, Clean.to_type(free.dtype), free);
    }

    /// <summary>Where the free frames start: noise, or the source and noise at <see cref="From"/>; belongs to the current scope.</summary>
    public Tensor Start(Tensor noise)
    {
        if (From >= 1 || Clean is null)
            return Place(noise);
        using var time = tensor((float)From, device: noise.device);
        return Place(RectifiedFlow.Mix(Clean.to_type(noise.dtype), noise, time));
    }
}

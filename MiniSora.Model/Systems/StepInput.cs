using MiniSora.Model.Datasets;
using MiniSora.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Systems;

/// <summary>What a step is made of, before noise.</summary>
/// <param name="Plan">Its random choices.</param>
/// <param name="Lanes">Condition of every lane.</param>
/// <param name="Images">Conditions of the images beside the clips, lane by lane; as many for every lane.</param>
/// <param name="Latents">Float32 [B, F + I, c, h, w] on the CPU: a lane's clip, then its images.</param>
internal sealed record StepInput(BatchPlan Plan, IReadOnlyList<LaneCondition> Lanes, IReadOnlyList<LaneCondition> Images, Tensor Latents);

/// <summary>What a clip or an image is, in the words that its lane drew.</summary>
/// <param name="Caption">In both languages.</param>
/// <param name="Class">Number of its class, 0 in a set without classes.</param>
/// <param name="Chinese">Whether the Chinese caption is preferred.</param>
/// <param name="Drop">Whether the null condition takes its place.</param>
internal sealed record LaneCondition(Caption Caption, int Class, bool Chinese, bool Drop)
{
    /// <summary>The caption in the drawn language, or the other one where that is missing; empty for none.</summary>
    public string Text => (Chinese ? Caption.Chinese ?? Caption.English : Caption.English ?? Caption.Chinese) ?? "";
}

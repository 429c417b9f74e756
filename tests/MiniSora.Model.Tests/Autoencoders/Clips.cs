using MiniSora.Model.Datasets;
using TorchSharp;

namespace MiniSora.Model.Tests.Autoencoders;

internal static class Clips
{
    /// <summary>[count, T, 3, H, W] in [−1, 1].</summary>
    internal static torch.Tensor Of(IVideoDataset dataset, int count, long from = 0)
    {
        using var scope = torch.NewDisposeScope();
        var clips = Enumerable.Range(0, count).Select(i => torch.tensor(dataset.Read((from + i) % dataset.Count, SplitMix64.For(3, (ulong)i)).Frames)
            .reshape(dataset.Frames, dataset.Height, dataset.Width, 3)).ToArray();
        return (torch.stack(clips).permute(0, 1, 4, 2, 3).to(torch.ScalarType.Float32) / 127.5 - 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Peak signal to noise in dB for values in [−1, 1].</summary>
    internal static double Psnr(torch.Tensor a, torch.Tensor b)
    {
        using var scope = torch.NewDisposeScope();
        return 10 * Math.Log10(4 / (a.clamp(-1, 1) - b.clamp(-1, 1)).pow(2).mean().item<float>());
    }
}

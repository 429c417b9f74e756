using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Autoencoders;

/// <summary>The VAE's own short training: mean absolute error plus 1e-6 of the divergence from a unit normal, AdamW, cosine schedule.</summary>
internal static class CausalVaeTraining
{
    private const int Batch = 4;
    private const int StatisticsClips = 64;
    private const double PeakRate = 2e-3;
    private const double LastRate = 2e-5;
    private const double Divergence = 1e-6;
    private const int WarmupSteps = 20;

    internal static void Run(VaeNetwork network, IVideoDataset dataset, int steps, ulong seed, Device device, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var grad = enable_grad();
        network.train();
        using var optimizer = optim.AdamW(network.parameters(), PeakRate, beta1: 0.9, beta2: 0.99, weight_decay: 0);
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var group in optimizer.ParamGroups) group.LearningRate = Rate(step, steps);
            using var scope = NewDisposeScope();
            var clips = Clips(dataset, seed, Lane.VaeClips, step, Batch, device);
            var (mean, logVariance) = network.Encode(clips);
            using var generator = new Generator(SplitMix64.For(seed, Lane.VaeNoise, (ulong)step).Next());
            var noise = randn(mean.shape, generator: generator).to(device);
            var half = HeldScalar.Of(0.5);
            var sample = mean.Plus(logVariance.mul(half).exp() * noise);
            var error = network.Decode(sample).Minus(clips).abs().mean();
            // KL to a unit normal, but for its constant −1/2, which has no gradient.
            var divergence = mean.mul(mean).Plus(logVariance.exp()).Minus(logVariance).mean();
            var loss = error.Plus(divergence.mul(HeldScalar.Of(Divergence / 2)));
            optimizer.zero_grad();
            loss.backward();
            nn.utils.clip_grad_norm_(network.parameters(), 1);
            optimizer.step();
            if (step % 5 == 4 || step == steps - 1) progress?.Report((step + 1.0) / steps);
        }

        foreach (var parameter in network.parameters()) parameter.requires_grad_(false);
        network.eval();
    }

    /// <summary>Mean and standard deviation of every latent channel over clips of the dataset, both [c].</summary>
    internal static (Tensor Mean, Tensor Deviation) Statistics(VaeNetwork network, IVideoDataset dataset, ulong seed, Device device, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var latents = new List<Tensor>();
        for (var i = 0; i < StatisticsClips / Batch; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var (mean, _) = network.Encode(Clips(dataset, seed, Lane.VaeClips + 16, i, Batch, device));
            latents.Add(mean.transpose(0, 1).flatten(1).MoveToOuterDisposeScope());
        }

        var all = cat(latents, 1).to(ScalarType.Float64);
        var deviation = all.std(1);
        // A channel that the network left unused must not be blown up into noise.
        deviation = maximum(deviation, deviation.max() * 0.05 + 1e-6);
        return (all.mean([1]).to(ScalarType.Float32).MoveToOuterDisposeScope(), deviation.to(ScalarType.Float32).MoveToOuterDisposeScope());
    }

    private static double Rate(int step, int steps)
    {
        var warm = Math.Min(1, (step + 1.0) / WarmupSteps);
        return warm * (LastRate + (PeakRate - LastRate) * (1 + Math.Cos(Math.PI * step / steps)) / 2);
    }

    /// <summary>[count, T, 3, H, W] in [−1, 1]: a pure function of (seed, lane, step).</summary>
    private static Tensor Clips(IVideoDataset dataset, ulong seed, ulong lane, int step, int count, Device device)
    {
        using var scope = NewDisposeScope();
        var clips = new Tensor[count];
        for (var i = 0; i < count; i++)
        {
            var random = SplitMix64.For(seed, lane, (ulong)step, (ulong)i);
            var index = random.Below(dataset.Count);
            clips[i] = tensor(dataset.Read(index, random).Frames).reshape(dataset.Frames, dataset.Height, dataset.Width, 3);
        }

        return (stack(clips).to(device).permute(0, 1, 4, 2, 3).to(ScalarType.Float32).mul(HeldScalar.Of(1 / 127.5)).add(HeldScalar.Of(-1), HeldScalar.One)).MoveToOuterDisposeScope();
    }
}

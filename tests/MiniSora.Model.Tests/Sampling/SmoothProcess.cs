using MiniSora.Model.Autoencoders;
using MiniSora.Model.Datasets;
using MiniSora.Model.Sampling;
using MiniSora.Model.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Sampling;

/// <summary>
/// Clips whose distribution is known: every number of a latent frame is a stationary Gaussian process over time, with mean 0, standard deviation
/// 0.4 and a correlation that fades within some frames. The best prediction of a clip from any mixture with noise is a matrix product, so samplers can be
/// judged without a trained network.
/// </summary>
internal sealed class SmoothProcess(int frames)
{
    private const double Deviation = 0.4;
    private const double Length = 2.5;

    public static Tensor Covariance(int frames) => tensor(
        [.. Enumerable.Range(0, frames * frames).Select(i => Deviation * Deviation * Math.Exp(-Math.Pow((i / frames - i % frames) / Length, 2) / 2) + (i / frames == i % frames ? 1e-5 : 0))],
        [frames, frames], dtype: ScalarType.Float64);

    /// <summary>A clip of the process in pixels.</summary>
    public static PixelClip Clip(int frames, int side, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var cells = side / CellCodec.Side;
        var noise = randn([frames, 3L * cells * cells], ScalarType.Float64, generator: generator);
        var latents = linalg.cholesky(Covariance(frames)).matmul(noise).to_type(ScalarType.Float32).view(1, frames, 3, cells, cells);
        using var codec = new CellCodec();
        return new(ClipPixels.ToBytes(codec.Decode(latents))[0], frames, side, side);
    }

    /// <summary>The exact velocity of a state [1, F, …] where given frames have time 0.</summary>
    public OdeSolver.Velocity Field(bool[]? given) => (x, t) =>
    {
        using var scope = NewDisposeScope();
        var free = tensor([.. Enumerable.Range(0, frames).Select(f => given?[f] == true ? 0.0 : 1.0)]);
        var a = ones_like(free) - t * free;
        var covariance = Covariance(frames);
        var seen = a.unsqueeze(1) * covariance * a + (t * t * free + 1e-7).diag();
        var weights = (covariance * a).matmul(linalg.inv(seen)); // E[x | x_t] = C A (A C A + T²)⁻¹ x_t
        var flat = x.to_type(ScalarType.Float64).view(frames, -1);
        var velocity = (flat - weights.matmul(flat)) / t * free.unsqueeze(1);
        return velocity.to_type(ScalarType.Float32).view(x.shape).MoveToOuterDisposeScope();
    };

    /// <summary>Carries out tasks with the exact field.</summary>
    public static TaskPerformer Performer(ClipSize size, int steps = 24) => new(new CellCodec(), size, CPU, (_, seed, shape, task) =>
    {
        using var generator = new Generator((ulong)seed, CPU);
        var field = new SmoothProcess((int)shape[1]).Field(task.Given);
        return WindowSampler.Sample(task, randn(shape, generator: generator), SolverKind.Euler, steps, 1, seed, field, task.Inversion is null ? null : field, (_, _) => { });
    });

    /// <summary>Mean absolute difference of neighbouring frames, T − 1 of them.</summary>
    public static double[] Differences(PixelClip clip) =>
        [.. Enumerable.Range(0, clip.Frames - 1).Select(f => Difference(clip.Part(f, 1), clip.Part(f + 1, 1)))];

    public static double Difference(PixelClip a, PixelClip b) => a.Pixels.Zip(b.Pixels).Average(pair => Math.Abs(pair.First - pair.Second));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}

/// <summary>A codec that loses nothing of what it made: a latent is the mean of a square of pixels, a latent frame a frame.</summary>
internal sealed class CellCodec : IVideoCodec
{
    public const int Side = 4;

    public int FramesPerLatent => 1;

    public int Downsample => Side;

    public int LatentChannels => 3;

    public Tensor Encode(Tensor clips)
    {
        var s = clips.shape;
        return clips.reshape(s[0], s[1], 3, s[3] / Side, Side, s[4] / Side, Side).mean([4, 6]);
    }

    public Tensor Decode(Tensor latents) => latents.repeat_interleave(Side, 3).repeat_interleave(Side, 4);

    public IReadOnlyDictionary<string, Tensor> StateDict() => new Dictionary<string, Tensor>();

    public void Dispose()
    {
    }
}

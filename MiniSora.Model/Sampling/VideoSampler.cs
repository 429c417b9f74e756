using MiniSora.Model.Native;

namespace MiniSora.Model.Sampling;

/// <summary>Draws clips from a trained model. All calls on one thread.</summary>
public sealed class VideoSampler : IDisposable
{
    /// <summary>
    /// From a checkpoint: <paramref name="ema"/> is the relative width of the copy to use, 0 the raw weights. A width
    /// that the run did not keep gives the nearest one and a warning. Throws <see cref="Training.CheckpointException"/>.
    /// </summary>
    public static VideoSampler Load(string checkpointPath, double ema, Placement placement) => throw new NotImplementedException();

    /// <summary>Frames per clip, T.</summary>
    public int Frames => throw new NotImplementedException();

    /// <summary>Height in pixels.</summary>
    public int Height => throw new NotImplementedException();

    /// <summary>Width in pixels.</summary>
    public int Width => throw new NotImplementedException();

    /// <summary>What the caller should tell the person: a prompt was cut, another EMA copy was used.</summary>
    public IReadOnlyList<SamplerWarning> Warnings => throw new NotImplementedException();

    /// <summary>Clips as uint8 [T, H, W, 3], in the order of the requests.</summary>
    public byte[][] Sample(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Images (F = 1) as uint8 [H, W, 3].</summary>
    public byte[][] SampleImages(IReadOnlyList<SampleRequest> requests, SamplerOptions options, IProgress<double>? progress, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Something a person should know. Codes: <c>prompt_cut</c> (kept, total, prompt), <c>ema_replaced</c> (wanted, used).</summary>
public sealed record SamplerWarning(string Code, string Message, IReadOnlyDictionary<string, string> Arguments);

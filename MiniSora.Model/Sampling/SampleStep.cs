namespace MiniSora.Model.Sampling;

/// <summary>A step of a clip that is being drawn, as told to whoever looks on.</summary>
/// <param name="Clip">Which request it is, from 0.</param>
/// <param name="Step">1 … <paramref name="Steps"/>; over all windows of a clip that is extended.</param>
/// <param name="Steps">How many there are; an estimate where the solver chooses them.</param>
/// <param name="Noise">Share of noise in what the step starts from: 1 is noise alone.</param>
/// <param name="Look">The clip (or the window of it) that the network takes the noise for at this step, decoded now; only during the call.</param>
public sealed record SampleStep(int Clip, int Step, int Steps, double Noise, Func<PixelClip> Look);

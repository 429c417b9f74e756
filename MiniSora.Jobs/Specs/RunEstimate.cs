namespace MiniSora.Jobs.Specs;

/// <summary>What a run is expected to cost, before it starts.</summary>
/// <param name="SecondsLow">It would be a surprise to be faster.</param>
/// <param name="SecondsMid">Expected duration on this machine, alone on it.</param>
/// <param name="SecondsHigh">It would be a surprise to be slower.</param>
/// <param name="MemoryBytes">Peak memory of the run process (of the GPU when it runs there).</param>
/// <param name="Flops">Floating-point operations of the whole run.</param>
/// <param name="FlopsPerStep">Of one training step, or of one clip when sampling.</param>
/// <param name="Parameters">Weights of the network.</param>
/// <param name="TokensPerClip">Sequence length of the network, text included.</param>
/// <param name="Calibrated">The rate was measured on this machine.</param>
public sealed record RunEstimate(
    double SecondsLow, double SecondsMid, double SecondsHigh, long MemoryBytes, double Flops, double FlopsPerStep, long Parameters, int TokensPerClip, bool Calibrated);

namespace MiniSora.Model;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014). A value type whose whole state is one number, so that
/// every random choice can be a pure function of (seed, step, lane) and a run resumes bit-exactly.
/// </summary>
public struct SplitMix64(ulong state)
{
    private ulong state = state;

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform integer in [0, n), by the upper 32 bits (the moving-shapes specification's definition).</summary>
    public long Below(long n) => (long)(((Next() >> 32) * (ulong)n) >> 32);

    /// <summary>Uniform integer in [a, b], both inclusive.</summary>
    public long Range(long a, long b) => a + Below(b - a + 1);

    /// <summary>Uniform real in [0, 1) with 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An independent stream named by up to three numbers: the same names give the same stream.</summary>
    public static SplitMix64 For(ulong seed, ulong a, ulong b = 0, ulong c = 0)
    {
        var mixed = new SplitMix64(seed).Next();
        mixed = new SplitMix64(mixed ^ a).Next();
        mixed = new SplitMix64(mixed ^ b).Next();
        return new SplitMix64(new SplitMix64(mixed ^ c).Next());
    }
}

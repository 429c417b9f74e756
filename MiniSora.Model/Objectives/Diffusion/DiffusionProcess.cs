using System.Globalization;

namespace MiniSora.Model.Objectives;

/// <summary>
/// The steps of a diffusion process, all or some of an original's. A network is always told the original's time, so that one
/// trained on 1,000 steps samples in any number (Nichol and Dhariwal 2021, §4).
/// </summary>
/// <param name="Betas">Variance of each step kept; index 0 adds the least noise.</param>
/// <param name="OriginalTimes">Index of each step kept in the original process, rising.</param>
/// <param name="OriginalSteps">Steps of the original.</param>
internal sealed record DiffusionProcess(IReadOnlyList<double> Betas, IReadOnlyList<int> OriginalTimes, int OriginalSteps)
{
    /// <summary>Steps kept.</summary>
    public int Steps => Betas.Count;

    /// <summary>A whole schedule, or some of its steps as <see cref="Spaced(IReadOnlyList{double}, string)"/> reads <paramref name="spacing"/>.</summary>
    public static DiffusionProcess Of(NoiseSchedule schedule, int steps, string spacing = "") =>
        Spaced(Objectives.Betas.Of(schedule, steps), spacing);

    /// <summary>All steps if <paramref name="spacing"/> is empty, else those of <see cref="KeptTimes"/>, with β'_j = 1 − ᾱ_kj / ᾱ_k(j−1).</summary>
    public static DiffusionProcess Spaced(IReadOnlyList<double> betas, string spacing)
    {
        var kept = spacing.Length == 0 ? [.. Enumerable.Range(0, betas.Count)] : KeptTimes(betas.Count, spacing);
        var spaced = new double[kept.Count];
        var (alphaBar, last, next) = (1.0, 1.0, 0);
        for (var i = 0; i < betas.Count && next < kept.Count; i++)
        {
            alphaBar *= 1 - betas[i];
            if (kept[next] != i)
                continue;
            spaced[next++] = 1 - alphaBar / last;
            last = alphaBar;
        }

        return new DiffusionProcess(spaced, kept, betas.Count);
    }

    /// <summary>
    /// Times to keep of <paramref name="steps"/>, rising. <c>"250"</c>: so many, evenly from the first to the last; <c>"10,15,20"</c>: so many in
    /// each of equal sections; <c>"ddim50"</c>: the smallest whole stride that gives exactly so many, from 0. Throws
    /// <see cref="ArgumentException"/> when that cannot be.
    /// </summary>
    public static IReadOnlyList<int> KeptTimes(int steps, string spacing)
    {
        const string Stride = "ddim";
        if (spacing.StartsWith(Stride, StringComparison.Ordinal))
            return Strided(steps, Count(spacing[Stride.Length..]));
        var counts = spacing.Split(',').Select(Count).ToList();
        var kept = new SortedSet<int>();
        var start = 0;
        for (var section = 0; section < counts.Count; section++)
        {
            var size = steps / counts.Count + (section < steps % counts.Count ? 1 : 0);
            var count = counts[section];
            if (count > size)
                throw new ArgumentException($"{count} steps cannot be kept of a section of {size}", nameof(spacing));
            var stride = count <= 1 ? 1 : (size - 1.0) / (count - 1);
            // Summed, not multiplied, and halves to even: what the original does decides single steps.
            var position = 0.0;
            for (var i = 0; i < count; i++, position += stride)
                kept.Add(start + (int)Math.Round(position, MidpointRounding.ToEven));
            start += size;
        }

        return [.. kept];

        int Count(string text) => int.TryParse(text, NumberStyles.None | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new ArgumentException($"\"{spacing}\" is no spacing: use a count, counts separated by commas, or ddim and a count", nameof(spacing));
    }

    private static IReadOnlyList<int> Strided(int steps, int count)
    {
        for (var stride = 1; stride < steps; stride++)
        {
            if ((steps + stride - 1) / stride == count)
                return [.. Enumerable.Range(0, count).Select(i => i * stride)];
        }

        throw new ArgumentException($"no whole stride takes exactly {count} of {steps} steps", nameof(count));
    }
}

namespace MiniSora.Model.Objectives;

/// <summary>Which latent frames of a clip are given (clean, t = 0) and which are to be generated.</summary>
internal enum FrameMask
{
    /// <summary>All are generated.</summary>
    None,

    /// <summary>The first frame is given, as the encoding of the clip's first picture doubled: what image-to-video sees.</summary>
    ImageHead,

    /// <summary>The first k are given: extend forward.</summary>
    Head,

    /// <summary>The last k are given: extend backward.</summary>
    Tail,

    /// <summary>Both ends are given: connect, loop.</summary>
    HeadAndTail,

    /// <summary>Any are given.</summary>
    Random,

    /// <summary>Every second is given.</summary>
    Interpolate,
}

/// <summary>Draws masks; the mixture of models.md §3 with half of the masked clips on image-to-video and extension.</summary>
internal static class FrameMasks
{
    private static readonly (FrameMask Mask, double Share)[] Mixture =
    [
        (FrameMask.ImageHead, 0.35), (FrameMask.Head, 0.20), (FrameMask.Tail, 0.15),
        (FrameMask.HeadAndTail, 0.10), (FrameMask.Random, 0.10), (FrameMask.Interpolate, 0.10),
    ];

    /// <summary>A mask for a clip of <paramref name="frames"/> latent frames; <paramref name="maskedFraction"/> of them are not None.</summary>
    public static FrameMask Draw(ref SplitMix64 random, double maskedFraction, int frames)
    {
        var masked = random.NextDouble() < maskedFraction;
        var pick = random.NextDouble();
        if (!masked || frames < 2)
            return FrameMask.None;
        foreach (var (mask, share) in Mixture)
        {
            if (pick < share)
                return mask;
            pick -= share;
        }

        return FrameMask.ImageHead;
    }

    /// <summary>True where a frame is given. At least one frame is generated, and one given unless the mask is None.</summary>
    public static bool[] Given(FrameMask mask, int frames, ref SplitMix64 random)
    {
        var given = new bool[frames];
        var half = Math.Max(1, frames / 2);
        switch (mask)
        {
            case FrameMask.None:
                break;
            case FrameMask.ImageHead:
                given[0] = true;
                break;
            case FrameMask.Head:
                Array.Fill(given, true, 0, (int)random.Range(1, half));
                break;
            case FrameMask.Tail:
                var tail = (int)random.Range(1, half);
                Array.Fill(given, true, frames - tail, tail);
                break;
            case FrameMask.HeadAndTail:
                given[0] = given[^1] = true;
                var inner = frames - 2;
                if (inner >= 4)
                {
                    Array.Fill(given, true, 0, (int)random.Range(1, inner / 4 + 1));
                    var end = (int)random.Range(1, inner / 4 + 1);
                    Array.Fill(given, true, frames - end, end);
                }

                break;
            case FrameMask.Random:
                for (var f = 0; f < frames; f++)
                    given[f] = random.NextDouble() < 0.5;
                break;
            case FrameMask.Interpolate:
                for (var f = 0; f < frames; f += 2)
                    given[f] = true;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(mask), mask, "unknown mask");
        }

        if (mask != FrameMask.None && !given.Contains(true))
            given[0] = true;
        if (!given.Contains(false))
            given[^1] = false;
        return given;
    }
}

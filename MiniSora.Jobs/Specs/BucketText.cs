using System.Globalization;
using System.Text.RegularExpressions;
using MiniSora.Model.Sampling;

namespace MiniSora.Jobs.Specs;

/// <summary>A shape of clips as people write it: <c>24x48x32</c>, <c>8×32×48*2</c>.</summary>
/// <param name="Size">Frames, height, width.</param>
/// <param name="Share">Batches in a round.</param>
public sealed partial record BucketText(ClipSize Size, int Share)
{
    /// <summary>Reads one, or gives null.</summary>
    public static BucketText? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
            return null;
        int Number(int group, int otherwise = 0) => match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : otherwise;
        return new(new ClipSize(Number(1), Number(2), Number(3)), Number(4, 1));
    }

    [GeneratedRegex(@"^\s*(\d{1,4})\s*[x×]\s*(\d{1,4})\s*[x×]\s*(\d{1,4})(?:\s*\*\s*([1-9]\d?))?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

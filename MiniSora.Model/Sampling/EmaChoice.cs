using System.Globalization;

namespace MiniSora.Model.Sampling;

/// <summary>Which copy of the weights a wanted EMA width means.</summary>
internal static class EmaChoice
{
    /// <summary>Index into <paramref name="kept"/>, or −1 for the raw weights; a warning when it is not the wanted width.</summary>
    public static (int Index, SamplerWarning? Warning) Pick(IReadOnlyList<double> kept, double wanted)
    {
        if (wanted <= 0 || kept.Count == 0)
            return (-1, null);
        var index = Enumerable.Range(0, kept.Count).MinBy(i => Math.Abs(kept[i] - wanted));
        if (Math.Abs(kept[index] - wanted) < 1e-9)
            return (index, null);
        var arguments = new Dictionary<string, string>
        {
            ["wanted"] = wanted.ToString(CultureInfo.InvariantCulture),
            ["used"] = kept[index].ToString(CultureInfo.InvariantCulture),
        };
        return (index, new SamplerWarning("ema_replaced", $"The checkpoint keeps no EMA of width {arguments["wanted"]}; {arguments["used"]} was used.", arguments));
    }
}

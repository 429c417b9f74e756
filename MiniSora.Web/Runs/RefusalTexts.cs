using System.Globalization;
using System.Resources;
using MiniSora.Jobs.Specs;

namespace MiniSora.Web.Runs;

/// <summary>Refusals as sentences, in English and Chinese. A null culture means the current one.</summary>
public static class RefusalTexts
{
    private static readonly ResourceManager Resources = new("MiniSora.Web.Runs.RefusalTexts", typeof(RefusalTexts).Assembly);

    /// <summary>Whether there is a sentence for this code that needs no arguments.</summary>
    public static bool Knows(string code) => Resources.GetString(code, CultureInfo.InvariantCulture) is { } text && !text.Contains('{', StringComparison.Ordinal);

    /// <summary>The sentence, without the name of the field.</summary>
    public static string Of(Refusal refusal, CultureInfo? culture = null)
    {
        if (refusal.Code.StartsWith("spec.", StringComparison.Ordinal))
            return SpecTexts.Problem(new(refusal.Code, refusal.Path, refusal.Arguments, refusal.Line), culture);
        var text = Resources.GetString(refusal.Code, culture ?? CultureInfo.CurrentUICulture)
            ?? throw new ArgumentException($"No text for the refusal '{refusal.Code}'.", nameof(refusal));
        foreach (var (name, value) in refusal.Arguments)
            text = text.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        return text;
    }
}

using Microsoft.Extensions.Localization;
using MudBlazor;

namespace MiniSora.Web.Localization;

/// <summary>MudBlazor's own words in the visitor's language. A key that is missing here stays in MudBlazor's English.</summary>
internal sealed class MudTexts(IStringLocalizer<MudComponentTexts> texts) : MudLocalizer
{
    public override LocalizedString this[string key] => texts[key];

    public override LocalizedString this[string key, params object[] arguments] => texts[key, arguments];
}

/// <summary>Marks the resource file of MudBlazor's words.</summary>
internal sealed class MudComponentTexts;

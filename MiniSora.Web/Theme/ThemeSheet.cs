using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MiniSora.Web.Theme;

/// <summary>
/// The style sheet made from <see cref="Tokens"/>. The mode is decided by the browser, not by a circuit: <c>data-theme</c>
/// on the root element when the visitor chose one, the system's preference otherwise, so that no page ever flashes.
/// MudBlazor's own variables are overridden by a more specific selector, which makes its components follow at once.
/// </summary>
internal static class ThemeSheet
{
    static readonly (string Name, Token Token)[] MudTriplets =
    [
        ("primary", Tokens.Accent), ("secondary", Tokens.Accent), ("tertiary", Tokens.Accent), ("info", Tokens.Accent),
        ("success", Tokens.Good), ("warning", Tokens.Warn), ("error", Tokens.Bad), ("dark", Tokens.Muted),
    ];

    static readonly (string Name, Token Token)[] MudVariables =
    [
        ("primary", Tokens.Accent), ("primary-text", Tokens.OnAccent), ("primary-darken", Tokens.Accent), ("primary-lighten", Tokens.Accent),
        ("secondary", Tokens.Accent), ("secondary-text", Tokens.OnAccent), ("secondary-darken", Tokens.Accent), ("secondary-lighten", Tokens.Accent),
        ("tertiary", Tokens.Accent), ("tertiary-text", Tokens.OnAccent), ("tertiary-darken", Tokens.Accent), ("tertiary-lighten", Tokens.Accent),
        ("info", Tokens.Accent), ("info-text", Tokens.OnAccent), ("info-darken", Tokens.Accent), ("info-lighten", Tokens.Accent),
        ("success", Tokens.Good), ("success-text", Tokens.OnAccent), ("success-darken", Tokens.Good), ("success-lighten", Tokens.Good),
        ("warning", Tokens.Warn), ("warning-text", Tokens.OnAccent), ("warning-darken", Tokens.Warn), ("warning-lighten", Tokens.Warn),
        ("error", Tokens.Bad), ("error-text", Tokens.OnAccent), ("error-darken", Tokens.Bad), ("error-lighten", Tokens.Bad),
        ("dark", Tokens.Raised), ("dark-text", Tokens.Text), ("dark-darken", Tokens.Raised), ("dark-lighten", Tokens.Raised),
        ("text-primary", Tokens.Text), ("text-secondary", Tokens.Muted), ("text-disabled", Tokens.Edge),
        ("action-default", Tokens.Muted), ("action-disabled", Tokens.Edge), ("action-disabled-background", Tokens.Raised),
        ("surface", Tokens.Surface), ("background", Tokens.Background), ("background-gray", Tokens.Raised),
        ("drawer-background", Tokens.Surface), ("drawer-text", Tokens.Text), ("drawer-icon", Tokens.Muted),
        ("appbar-background", Tokens.Surface), ("appbar-text", Tokens.Text),
        ("lines-default", Tokens.Line), ("lines-inputs", Tokens.Edge), ("divider", Tokens.Line), ("divider-light", Tokens.Line),
        ("table-lines", Tokens.Line), ("table-striped", Tokens.Raised), ("table-hover", Tokens.Raised),
        ("skeleton", Tokens.Raised), ("gray-default", Tokens.Muted), ("gray-light", Tokens.Line), ("gray-lighter", Tokens.Raised),
        ("gray-dark", Tokens.Muted), ("gray-darker", Tokens.Text), ("white", Tokens.OnAccent),
    ];

    // After the tables: static fields are initialised in the order they are written.
    public static readonly string Text = Build();

    /// <summary>Address with the hash of the content: may be cached for ever.</summary>
    public static readonly string Url = "/theme.css?v=" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..10];

    public static void MapThemeSheet(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/theme.css", (HttpContext http) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.Text(Text, "text/css", Encoding.UTF8);
        });

    static string Build()
    {
        var sheet = new StringBuilder();
        Block(sheet, "html:root", token => token.Light, "light");
        sheet.Append("@media (prefers-color-scheme: dark) {\n");
        Block(sheet, "html:root:not([data-theme=light])", token => token.Dark, "dark");
        sheet.Append("}\n");
        Block(sheet, "html:root[data-theme=dark]", token => token.Dark, "dark");
        return sheet.ToString();
    }

    static void Block(StringBuilder sheet, string selector, Func<Token, string> value, string scheme)
    {
        sheet.Append(selector).Append(" {\n  color-scheme: ").Append(scheme).Append(";\n");
        sheet.Append("  --mud-native-html-color-scheme: ").Append(scheme).Append(";\n");
        foreach (var token in Tokens.All)
            sheet.Append("  --").Append(token.Name).Append(": ").Append(value(token)).Append(";\n");

        foreach (var (name, token) in MudVariables)
            sheet.Append("  --mud-palette-").Append(name).Append(": ").Append(value(token)).Append(";\n");

        // MudBlazor mixes these with an opacity of its own: rgba(var(--mud-palette-x-rgb), 0.1).
        foreach (var (name, token) in MudTriplets)
            sheet.Append("  --mud-palette-").Append(name).Append("-rgb: ").Append(Triplet(value(token))).Append(";\n");

        foreach (var (name, token) in MudTriplets)
            sheet.Append("  --mud-palette-").Append(name).Append("-hover: rgba(").Append(Triplet(value(token))).Append(", 0.1);\n");

        sheet.Append("}\n");
    }

    static string Triplet(string hex)
    {
        byte Part(int at) => byte.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{Part(1)}, {Part(3)}, {Part(5)}");
    }
}

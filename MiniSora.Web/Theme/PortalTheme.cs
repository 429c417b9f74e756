using MudBlazor;

namespace MiniSora.Web.Theme;

/// <summary>MudBlazor's theme: fonts and shapes here, colours from <see cref="Tokens"/> (see <see cref="ThemeSheet"/>).</summary>
internal static class PortalTheme
{
    /// <summary>System fonts with Chinese faces; nothing is downloaded.</summary>
    static readonly string[] Fonts =
    [
        "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Hiragino Sans GB",
        "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "sans-serif",
    ];

    public static readonly MudTheme Value = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = Tokens.Accent.Light,
            PrimaryContrastText = Tokens.OnAccent.Light,
            Background = Tokens.Background.Light,
            Surface = Tokens.Surface.Light,
            TextPrimary = Tokens.Text.Light,
            TextSecondary = Tokens.Muted.Light,
        },
        PaletteDark = new PaletteDark
        {
            Primary = Tokens.Accent.Dark,
            PrimaryContrastText = Tokens.OnAccent.Dark,
            Background = Tokens.Background.Dark,
            Surface = Tokens.Surface.Dark,
            TextPrimary = Tokens.Text.Dark,
            TextSecondary = Tokens.Muted.Dark,
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.9375rem", LineHeight = "1.55", LetterSpacing = "normal" },
            H1 = new H1Typography { FontFamily = Fonts, FontSize = "1.75rem", FontWeight = "650", LineHeight = "1.25", LetterSpacing = "-0.01em" },
            H2 = new H2Typography { FontFamily = Fonts, FontSize = "1.25rem", FontWeight = "600", LineHeight = "1.3", LetterSpacing = "normal" },
            H3 = new H3Typography { FontFamily = Fonts, FontSize = "1.0625rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = "0.9375rem", FontWeight = "550", TextTransform = "none", LetterSpacing = "normal" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "56px" },
    };
}

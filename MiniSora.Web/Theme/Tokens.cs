namespace MiniSora.Web.Theme;

/// <summary>One named colour of the portal in both modes, as <c>#rrggbb</c>.</summary>
/// <param name="Name">CSS custom property without the dashes.</param>
/// <param name="Light">Value in light mode.</param>
/// <param name="Dark">Value in dark mode.</param>
internal sealed record Token(string Name, string Light, string Dark);

/// <summary>
/// The only place where colours are chosen: plain pages use them as CSS variables, MudBlazor through its palette,
/// charts by reading the variables. Neutral base, one accent (the sky that gives Sora its name), three signals.
/// </summary>
internal static class Tokens
{
    public static readonly Token Background = new("bg", "#f6f7f9", "#0f1114");
    public static readonly Token Surface = new("surface", "#ffffff", "#16191d");
    public static readonly Token Raised = new("raised", "#edf0f3", "#1e2227");
    public static readonly Token Line = new("line", "#d8dde3", "#2b3037");

    /// <summary>Borders of things one can type into or press: 3 : 1 against the surfaces, as WCAG 1.4.11 asks.</summary>
    public static readonly Token Edge = new("edge", "#7f8894", "#6b7480");
    public static readonly Token Text = new("text", "#14171b", "#e9ebee");
    public static readonly Token Muted = new("muted", "#535c68", "#a4acb7");
    public static readonly Token Accent = new("accent", "#0b6896", "#66c6f4");
    public static readonly Token OnAccent = new("on-accent", "#ffffff", "#05212f");
    public static readonly Token AccentSoft = new("accent-soft", "#dceef7", "#12303f");
    public static readonly Token Good = new("good", "#17703f", "#6fd19a");
    public static readonly Token Warn = new("warn", "#805300", "#e8b85a");
    public static readonly Token Bad = new("bad", "#ad2f27", "#f48b80");
    public static readonly Token ChartSecond = new("chart-2", "#9a5b00", "#f0b45c");
    public static readonly Token ChartThird = new("chart-3", "#7a3fa8", "#c79bf0");
    public static readonly Token ChartFourth = new("chart-4", "#17703f", "#6fd19a");

    public static readonly IReadOnlyList<Token> All =
    [
        Background, Surface, Raised, Line, Edge, Text, Muted, Accent, OnAccent, AccentSoft, Good, Warn, Bad,
        ChartSecond, ChartThird, ChartFourth,
    ];
}

using System.Globalization;
using MiniSora.Web.Theme;

namespace MiniSora.Web.Tests.Shell;

public sealed class ThemeTests(ShellFixture portal) : IClassFixture<ShellFixture>
{
    static readonly Token[] Grounds = [Tokens.Background, Tokens.Surface, Tokens.Raised];

    public static TheoryData<string, string, double> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string, double>();
            foreach (var ground in Grounds)
            {
                foreach (var ink in new[] { Tokens.Text, Tokens.Muted, Tokens.Accent, Tokens.Good, Tokens.Warn, Tokens.Bad })
                    pairs.Add(ink.Name, ground.Name, 4.5);

                foreach (var mark in new[] { Tokens.Edge, Tokens.ChartSecond, Tokens.ChartThird, Tokens.ChartFourth })
                    pairs.Add(mark.Name, ground.Name, 3);
            }

            foreach (var fill in new[] { Tokens.Accent, Tokens.Good, Tokens.Warn, Tokens.Bad })
                pairs.Add(Tokens.OnAccent.Name, fill.Name, 4.5);

            pairs.Add(Tokens.Accent.Name, Tokens.AccentSoft.Name, 4.5);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_colour_can_be_read_on_its_ground_in_both_modes(string ink, string ground, double atLeast)
    {
        var (above, below) = (Named(ink), Named(ground));

        Assert.InRange(Contrast(above.Light, below.Light), atLeast, 21);
        Assert.InRange(Contrast(above.Dark, below.Dark), atLeast, 21);
    }

    [Fact]
    public async Task The_sheet_has_every_token_in_both_modes()
    {
        var sheet = await portal.Visitor().GetStringAsync(ThemeSheet.Url);

        Assert.All(Tokens.All, token =>
        {
            Assert.Contains($"--{token.Name}: {token.Light};", sheet, StringComparison.Ordinal);
            Assert.Contains($"--{token.Name}: {token.Dark};", sheet, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_chosen_theme_is_in_the_page_that_the_server_sends()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/");
        ask.Headers.Add("Cookie", "minisora-theme=dark");

        var html = await (await portal.Visitor().SendAsync(ask)).Content.ReadAsStringAsync();

        Assert.Contains("data-theme=\"dark\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_theme_cookie_reads_as_the_systems_choice()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/");
        ask.Headers.Add("Cookie", "minisora-theme=%22%3E%3Cscript%3E");

        var html = await (await portal.Visitor().SendAsync(ask)).Content.ReadAsStringAsync();

        Assert.Contains("data-theme=\"system\"", html, StringComparison.Ordinal);
    }

    static Token Named(string name) => Tokens.All.Single(token => token.Name == name);

    // WCAG 2.2, relative luminance and contrast ratio.
    static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    static double Luminance(string hex)
    {
        double Part(int at)
        {
            var value = int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return 0.2126 * Part(1) + 0.7152 * Part(3) + 0.0722 * Part(5);
    }
}

using System.Net;

namespace MiniSora.Web.Tests.Shell;

public sealed class LanguageTests(ShellFixture portal) : IClassFixture<ShellFixture>
{
    [Theory]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN")]
    [InlineData("zh-TW", "zh-CN")]
    [InlineData("en-GB,en;q=0.9,zh;q=0.1", "en")]
    [InlineData("de-DE", "en")]
    public async Task The_browser_chooses_the_first_language(string wanted, string given)
    {
        var html = await portal.Visitor(wanted).GetStringAsync("/");

        Assert.Contains($"<html lang=\"{given}\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_switch_gives_a_Chinese_page_and_returns_to_the_same_place()
    {
        var visitor = portal.Visitor("en");
        var answer = await visitor.GetAsync("/preferences/language?culture=zh-CN&returnUrl=%2Fgallery%3Fq%3Dcat");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/gallery?q=cat", answer.Headers.Location!.OriginalString);
        Assert.Contains("作品", WebUtility.HtmlDecode(await visitor.GetStringAsync("/gallery")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("evil.example")]
    public async Task The_switch_never_leads_to_another_site(string target)
    {
        foreach (var address in new[] { "/preferences/language?culture=en&returnUrl=", "/preferences/theme?returnUrl=" })
        {
            var answer = await portal.Visitor().GetAsync(address + Uri.EscapeDataString(target));

            Assert.True(Uri.TryCreate(new Uri("http://localhost"), answer.Headers.Location, out var where));
            Assert.Equal("localhost", where!.Host);
        }
    }

    [Fact]
    public async Task An_unknown_language_changes_nothing()
    {
        var answer = await portal.Visitor().GetAsync("/preferences/language?culture=xx&returnUrl=%2F");

        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }
}

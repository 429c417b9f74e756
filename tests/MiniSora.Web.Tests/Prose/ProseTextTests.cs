using AngleSharp.Html.Parser;
using MiniSora.Web.Prose;

namespace MiniSora.Web.Tests.Prose;

public sealed class ProseTextTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](data:text/html,<script>)")]
    [InlineData("[x](//evil.example)")]
    [InlineData("[x](/\\evil.example)")]
    [InlineData("![x](https://evil.example/pixel.png)")]
    [InlineData("[x][1]\n\n[1]: javascript:alert(1)")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("[x](vbscript:x \"a\" onclick=alert(1))")]
    [InlineData("$\\href{javascript:alert(1)}{x}$")]
    public void Nothing_of_a_members_text_runs_or_fetches(string markdown)
    {
        var page = new HtmlParser().ParseDocument(ProseText.Html(markdown));
        Assert.Empty(page.QuerySelectorAll("script, img, iframe, style"));
        Assert.DoesNotContain(page.QuerySelectorAll("*"), element => element.Attributes.Any(attribute => attribute.Name.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "style"));
        Assert.All(page.QuerySelectorAll("a"), link => Assert.Matches("^(https?://|mailto:|/[^/\\\\]|/$|#)", link.GetAttribute("href")!));
    }

    [Fact]
    public void Links_headings_tables_and_formulas_are_kept()
    {
        var page = new HtmlParser().ParseDocument(ProseText.Html("# Title\n\n[a](https://example.org) and [b](/papers/latte), $x^2$\n\n$$\\int_0^1 x$$\n\n|a|b|\n|-|-|\n|1|2|\n"));
        Assert.Equal("Title", page.QuerySelector("h3")!.TextContent);
        Assert.Equal(["https://example.org", "/papers/latte"], page.QuerySelectorAll("a").Select(link => link.GetAttribute("href")));
        Assert.Contains("nofollow", page.QuerySelector("a")!.GetAttribute("rel"), StringComparison.Ordinal);
        Assert.Equal(2, page.QuerySelectorAll(".math").Length);
        Assert.NotNull(page.QuerySelector("table"));
    }

    [Fact]
    public void The_plain_words_of_a_text_have_no_marks() => Assert.Equal("Title and bold words", ProseText.Plain("# Title\n\nand **bold** words", 100));
}

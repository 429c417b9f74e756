using System.Net;
using AngleSharp.Html.Parser;

namespace MiniSora.Web.Tests.Shell;

/// <summary>
/// MiniSora.Web/WebRoot.targets uses tasks of the SDK that are not documented: should one change, files answer 404 or,
/// worse, 200 without a body. The end-to-end tests ask the published folder the same.
/// </summary>
public sealed class StaticFilesTests(ShellFixture portal) : IClassFixture<ShellFixture>
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/app.css", "text/css")]
    [InlineData("/theme.css", "text/css")]
    [InlineData("/js/site.js", "text/javascript")]
    [InlineData("/favicon.svg", "image/svg+xml")]
    [InlineData("/lib/uplot/uPlot.iife.min.js", "text/javascript")]
    [InlineData("/MiniSora.Web.styles.css", "text/css")]
    [InlineData("/_framework/blazor.web.js", "text/javascript")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css", "text/css")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.js", "text/javascript")]
    public async Task A_file_of_the_portal_answers_with_a_body(string address, string type)
    {
        var answer = await portal.Visitor().GetAsync(address);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Every_script_and_sheet_that_a_page_names_exists()
    {
        var visitor = portal.Visitor();
        var page = await new HtmlParser().ParseDocumentAsync(await visitor.GetStringAsync("/"));
        var named = page.QuerySelectorAll("link[rel=stylesheet], link[rel=icon]").Select(link => link.GetAttribute("href")!)
            .Concat(page.QuerySelectorAll("script").Select(script => script.GetAttribute("src")!)).ToList();

        Assert.NotEmpty(named);
        foreach (var file in named)
            Assert.NotEmpty(await visitor.GetByteArrayAsync(file));
    }

    [Fact]
    public async Task Every_module_that_the_site_script_imports_exists()
    {
        var visitor = portal.Visitor();
        var script = await visitor.GetStringAsync("/js/site.js");
        foreach (var line in script.Split('\n').Where(line => line.StartsWith("import './", StringComparison.Ordinal)))
            Assert.NotEmpty(await visitor.GetByteArrayAsync("/js/" + line.Split('\'')[1][2..]));
    }
}

using System.Net;
using AngleSharp.Html.Parser;

namespace MiniSora.Web.Tests.Shell;

public sealed class PublicPageTests(ShellFixture portal) : IClassFixture<ShellFixture>
{
    public static TheoryData<string> Pages => ["/", "/gallery", "/gallery?q=nothing", "/datasets", "/datasets/shapes", "/gallery/compare", "/papers", "/papers/plan", "/papers/library", "/papers/latte", "/roundtables", "/roundtables/night-talk-video-diffusion", "/verify", "/account/login", "/account/register", "/account/first-administrator?token=wrong", "/not-found", "/error"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_public_page_needs_no_circuit(string address)
    {
        var html = await portal.Visitor().GetStringAsync(address);

        Assert.DoesNotContain("blazor.web", html, StringComparison.Ordinal);
        Assert.DoesNotContain("_blazor", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\"type\":\"server\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("MudBlazor.min", html, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_public_page_has_one_heading_one_main_and_a_skip_link_to_it(string address)
    {
        var page = await Page(address);

        Assert.Single(page.QuerySelectorAll("h1"));
        Assert.Single(page.QuerySelectorAll("main#main"));
        Assert.EndsWith("#main", page.QuerySelector("a.skip")!.GetAttribute("href"), StringComparison.Ordinal);
        Assert.NotEmpty(page.Title!);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_public_page_has_no_inline_script_or_style(string address)
    {
        var page = await Page(address);

        Assert.All(page.QuerySelectorAll("script"), script => Assert.True(script.HasAttribute("src")));
        Assert.Empty(page.QuerySelectorAll("style"));
        Assert.Empty(page.QuerySelectorAll("[style]"));
        Assert.DoesNotContain(page.QuerySelectorAll("*"), element => element.Attributes.Any(attribute => attribute.Name.StartsWith("on", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_forbids_foreign_scripts_and_frames(string address)
    {
        var answer = await portal.Visitor().GetAsync(address);

        var policy = string.Join("; ", answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task The_import_command_on_the_datasets_page_is_one_that_the_command_line_takes()
    {
        var words = (await Page("/datasets")).QuerySelector("section[aria-labelledby=own-clips] code")!.TextContent;

        var parsed = MiniSora.Jobs.Cli.CommandLine.Build(TimeProvider.System).Parse(words.Replace("./minisora ", "", StringComparison.Ordinal));

        Assert.Empty(parsed.Errors);
        Assert.Contains("--data", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_gallery_says_what_to_do_next()
    {
        var page = await Page("/gallery");

        Assert.NotNull(page.QuerySelector(".empty a[href='/runs/new']"));
    }

    [Fact]
    public async Task An_unknown_address_is_a_page_with_status_404()
    {
        var answer = await portal.Visitor().GetAsync("/no/such/page");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        Assert.Equal("This page does not exist", page.QuerySelector("h1")!.TextContent);
        Assert.Contains("%2Fno%2Fsuch%2Fpage", page.QuerySelector("a.tool[hreflang]")!.GetAttribute("href"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_video_is_a_page_with_status_404()
    {
        var answer = await portal.Visitor().GetAsync("/gallery/no-such-video");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_program_that_asks_for_something_missing_gets_no_page()
    {
        var answer = await portal.Visitor().GetAsync("/api/no-such-thing");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_circuit_is_refused_to_a_page_of_another_site()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        ask.Headers.Add("Origin", "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await portal.Visitor().SendAsync(ask)).StatusCode);
    }

    async Task<AngleSharp.Html.Dom.IHtmlDocument> Page(string address) =>
        await new HtmlParser().ParseDocumentAsync(await portal.Visitor().GetStringAsync(address));
}

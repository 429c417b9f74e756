using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Web.Account;
using MiniSora.Web.Storage;
using MiniSora.Web.Tests.Lineage;

namespace MiniSora.Web.Tests.Shell;

/// <summary>The pages that show a run's samples, videos side by side, models and datasets: static, and linked with each other.</summary>
public sealed class LineagePageTests
{
    static readonly string A = Family.Sha('a');

    [Theory]
    [InlineData("/runs/1/matrix")]
    [InlineData("/runs/2/matrix")]
    [InlineData("/gallery/compare?posts=clip-1&posts=clip-2")]
    [InlineData("/gallery/compare?posts=clip-1,nothing")]
    [InlineData("/models/1")]
    [InlineData("/models/2")]
    [InlineData("/datasets/shapes")]
    [InlineData("/gallery/clip-1")]
    public async Task The_page_is_static_and_has_one_heading(string address)
    {
        using var portal = await StartAsync();

        var page = await PageAsync(portal, address);

        Assert.Single(page.QuerySelectorAll("h1"));
        Assert.Empty(page.QuerySelectorAll("[style]"));
        Assert.DoesNotContain("blazor.web", page.Source.Text, StringComparison.Ordinal);
        Assert.All(page.QuerySelectorAll("[id]").GroupBy(element => element.Id), group => Assert.Single(group));
    }

    [Theory]
    [InlineData("/runs/9/matrix")]
    [InlineData("/runs/no-run/matrix")]
    [InlineData("/models/9")]
    [InlineData("/models/no-model")]
    [InlineData("/datasets/no-such-set")]
    public async Task What_is_not_there_is_a_missing_page(string address)
    {
        using var portal = await StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await portal.Visitor().GetAsync(address)).StatusCode);
    }

    [Fact]
    public async Task The_matrix_shows_the_step_of_the_address_and_the_newest_without_one()
    {
        using var portal = await StartAsync();

        string Shown(IHtmlDocument page) => page.QuerySelector(".matrix-tile video")!.GetAttribute("src")!.Split('/')[^1];
        Assert.Equal("200.mp4", Shown(await PageAsync(portal, "/runs/1/matrix")));
        var page = await PageAsync(portal, "/runs/1/matrix?step=150");
        Assert.Equal("100.mp4", Shown(page));
        Assert.Equal("0", page.QuerySelector("#matrix-step")!.GetAttribute("value"));
        Assert.Equal(["100.mp4", "200.mp4"], page.QuerySelectorAll(".matrix-strip a").Select(cell => cell.GetAttribute("href")!.Split('=')[1] + ".mp4"));
        Assert.NotNull((await PageAsync(portal, "/runs/2/matrix")).QuerySelector(".empty a"));
    }

    [Fact]
    public async Task Ticked_videos_are_sent_by_a_plain_form_and_stand_side_by_side()
    {
        using var portal = await StartAsync();

        var gallery = await PageAsync(portal, "/gallery");
        var form = (IHtmlFormElement)gallery.QuerySelector("#side-by-side")!;
        Assert.Equal(("get", "/gallery/compare"), (form.Method, new Uri(form.Action).AbsolutePath));
        Assert.Equal(["clip-2", "clip-1"], gallery.QuerySelectorAll(".tile-pick input[name=posts][form=side-by-side]").Select(box => box.GetAttribute("value")));

        var page = await PageAsync(portal, "/gallery/compare?posts=clip-2&posts=clip-1");
        Assert.Equal(["/gallery/clip-2", "/gallery/clip-1"], page.QuerySelectorAll(".side-name").Select(name => name.GetAttribute("href")));
        Assert.Equal(2, page.QuerySelectorAll(".sides video").Length);
        Assert.Empty(page.QuerySelectorAll("[role=alert]"));
        Assert.Contains("nothing", (await PageAsync(portal, "/gallery/compare?posts=clip-1,nothing")).QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        Assert.NotNull((await PageAsync(portal, "/gallery/compare")).QuerySelector(".empty a[href='/gallery']"));
    }

    [Fact]
    public async Task A_video_leads_to_its_model_and_data_and_they_lead_back()
    {
        using var portal = await StartAsync();

        async Task<List<string?>> Links(string address) => [.. (await PageAsync(portal, address)).QuerySelectorAll("main a").Select(link => link.GetAttribute("href"))];
        var item = await Links("/gallery/clip-1");
        Assert.Contains($"/models/{A}", item);
        Assert.Contains("/datasets/shapes", item);
        var model = await Links($"/models/{A}");
        Assert.Contains("/datasets/shapes", model);
        Assert.Contains("/gallery/clip-1", model);
        var dataset = await Links("/datasets/shapes");
        Assert.Contains($"/models/{A}", dataset);
        Assert.Contains("/gallery/clip-1", dataset);
    }

    [Fact]
    public async Task A_lineage_reads_as_nested_lists_and_marks_where_one_is()
    {
        using var portal = await StartAsync();

        var page = await PageAsync(portal, "/gallery/clip-1");

        var here = Assert.Single(page.QuerySelectorAll(".lineage-node[aria-current]"));
        Assert.Contains("Clip 1", here.TextContent, StringComparison.Ordinal);
        // Dataset, run, checkpoint, video: four levels.
        var levels = 0;
        for (var list = here.Closest("ul"); list is not null; list = list.ParentElement?.Closest("ul"))
            levels++;
        Assert.Equal(4, levels);
    }

    static async Task<IHtmlDocument> PageAsync(ShellHost portal, string address) =>
        await new HtmlParser().ParseDocumentAsync(await portal.Visitor("en").GetStringAsync(address));

    static async Task<ShellHost> StartAsync()
    {
        var portal = new ShellHost();
        await using var context = await portal.Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        var author = new Member { Id = Guid.NewGuid(), UserName = "lin@example.org", DisplayName = "林晓" };
        context.Users.Add(author);
        var family = new Family(context, author.Id);
        var run = family.Training(1, "shapes", null, (A, 200));
        family.Training(2, "shapes");
        family.Post(1, A);
        family.Post(2, A);
        foreach (var step in new long[] { 100, 200 })
            context.Artifacts.Add(new() { Id = Guid.NewGuid(), RunId = run.Id, OwnerId = author.Id, Kind = "preview", Sha256 = Family.Sha('1'), FileName = $"{step}.mp4", Step = step, Prompt = "a red circle" });
        await context.SaveChangesAsync();
        return portal;
    }
}

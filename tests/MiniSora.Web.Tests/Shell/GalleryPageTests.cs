using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Shell;

public sealed class GalleryPageTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Tiles_have_fixed_pictures_and_name_their_video()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 3);

        var page = await PageAsync(portal, "/gallery");

        var tiles = page.QuerySelectorAll("a.tile").ToList();
        Assert.Equal(["/gallery/clip-3", "/gallery/clip-2", "/gallery/clip-1"], tiles.Select(tile => tile.GetAttribute("href")));
        Assert.All(tiles, tile =>
        {
            Assert.Contains(".mp4", tile.GetAttribute("data-hover-play"), StringComparison.Ordinal);
            var picture = tile.QuerySelector("img")!;
            Assert.True(picture.HasAttribute("width") && picture.HasAttribute("height"));
        });
    }

    [Fact]
    public async Task Paging_shows_every_video_once()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 30);

        var first = await PageAsync(portal, "/gallery");
        var second = await PageAsync(portal, first.QuerySelector("a[rel=next]")!.GetAttribute("href")!);

        var seen = first.QuerySelectorAll("a.tile").Concat(second.QuerySelectorAll("a.tile")).Select(tile => tile.GetAttribute("href")).ToList();
        Assert.Equal(30, seen.Count);
        Assert.Equal(30, seen.Distinct().Count());
        Assert.Null(second.QuerySelector("a[rel=next]"));
    }

    [Fact]
    public async Task A_search_keeps_what_was_typed_and_says_when_nothing_was_found()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 2);

        Assert.Single((await PageAsync(portal, "/gallery?q=Clip+2")).QuerySelectorAll("a.tile"));

        var none = await PageAsync(portal, "/gallery?q=%3Cscript%3E");
        Assert.Equal("<script>", none.QuerySelector("input[name=q]")!.GetAttribute("value"));
        Assert.Contains("<script>", none.QuerySelector(".empty h2")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_video_has_its_passport_its_file_and_a_way_to_use_its_configuration()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 1);

        var page = await PageAsync(portal, "/gallery/clip-1");

        Assert.Equal("Clip 1", page.QuerySelector("h1")!.TextContent);
        Assert.NotNull(page.QuerySelector("a[href='/runs/new?from=post:clip-1']"));
        Assert.NotNull(page.QuerySelector("a[download]"));
        Assert.Equal("kind: sampling", page.QuerySelector("#spec-yaml")!.TextContent);
        var passport = page.QuerySelector(".passport")!.TextContent;
        Assert.All(new[] { "a red heart beating", "4711", "17 s", "32.1", new string('a', 64), "0.1.0-test" }, fact => Assert.Contains(fact, passport, StringComparison.Ordinal));
        Assert.Null(page.QuerySelector(".danger"));
    }

    [Fact]
    public async Task A_visitor_cannot_take_a_video_out()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 1);
        var visitor = portal.Visitor();
        var token = (await new HtmlParser().ParseDocumentAsync(await visitor.GetStringAsync("/account/login"))).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        await visitor.PostAsync("/gallery/clip-1", new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "remove", ["__RequestVerificationToken"] = token }));

        Assert.Equal(HttpStatusCode.OK, (await portal.Visitor().GetAsync("/gallery/clip-1")).StatusCode);
    }

    [Fact]
    public async Task The_home_page_shows_the_newest_videos_and_counts_them()
    {
        using var portal = new ShellHost();
        await PublishAsync(portal, 2);

        var page = await PageAsync(portal, "/");

        Assert.Equal(2, page.QuerySelectorAll(".tiles a.tile").Length);
        Assert.Equal("2", page.QuerySelector(".strip div:last-child dd")!.TextContent);
    }

    static async Task<IHtmlDocument> PageAsync(ShellHost portal, string address) =>
        await new HtmlParser().ParseDocumentAsync(await portal.Visitor().GetStringAsync(address));

    static async Task PublishAsync(ShellHost portal, int count)
    {
        await using var context = await portal.Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        var author = new Member { Id = Guid.NewGuid(), UserName = "lin@example.org", DisplayName = "林晓", CreatedAt = Noon };
        context.Users.Add(author);
        for (var k = 1; k <= count; k++)
        {
            context.Posts.Add(new Post
            {
                Id = Guid.NewGuid(),
                Number = k,
                Slug = $"clip-{k}",
                Title = $"Clip {k}",
                Prompt = "a red heart beating",
                SearchWords = PostSearch.Index($"Clip {k}", "a red heart beating"),
                SpecYaml = "kind: sampling\n",
                Seed = 4711,
                CheckpointSha256 = new string('a', 64),
                SoftwareVersion = "0.1.0-test",
                DeviceSeconds = 17.2,
                Flops = 3.21e13,
                VideoSha256 = k.ToString("x64", System.Globalization.CultureInfo.InvariantCulture),
                AuthorId = author.Id,
                CreatedAt = Noon.AddMinutes(k),
            });
        }

        await context.SaveChangesAsync();
    }
}

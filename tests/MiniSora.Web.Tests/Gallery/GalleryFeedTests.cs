using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using MiniSora.Web.Gallery;

namespace MiniSora.Web.Tests.Gallery;

public class GalleryFeedTests
{
    [Theory]
    [InlineData(GallerySort.Newest)]
    [InlineData(GallerySort.Liked)]
    [InlineData(GallerySort.Cheapest)]
    public async Task Pages_of_every_order_show_each_video_once_and_a_jump_lands_on_the_same_page(GallerySort sort)
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        for (var k = 0; k < 9; k++)
            await PostSearchTests.PublishAsync(backend, $"Clip {k}", "", change: post => (post.Likes, post.Seconds) = (k % 3, k % 4), author: mei);
        var feed = backend.Get<GalleryFeed>();
        var query = new GalleryQuery { Sort = sort, Take = 4 };
        var first = await feed.ListAsync(query, CancellationToken.None);
        var second = await feed.ListAsync(query with { After = first.Next }, CancellationToken.None);
        var third = await feed.ListAsync(query with { After = second.Next }, CancellationToken.None);
        Assert.Null(third.Next);
        Assert.Equal(9, first.Posts.Concat(second.Posts).Concat(third.Posts).Select(post => post.Id).Distinct().Count());
        Assert.Equal(second.Posts.Select(post => post.Id), (await feed.ListAsync(query with { Page = 2 }, CancellationToken.None)).Posts.Select(post => post.Id));
    }

    [Fact]
    public async Task A_facet_narrows_and_its_own_values_stay_to_choose_from()
    {
        await using var backend = await Backend.StartAsync();
        var mei = await backend.MemberAsync("mei");
        await PostSearchTests.PublishAsync(backend, "One", "", change: post => post.Model = "latte", author: mei);
        await PostSearchTests.PublishAsync(backend, "Two", "", change: post => (post.Model, post.Seconds) = ("dit", 90), author: mei);
        var query = new GalleryQuery().With(GalleryFacet.Model, "dit");
        Assert.Equal("Two", Assert.Single((await backend.Get<GalleryFeed>().ListAsync(query, CancellationToken.None)).Posts).Title);
        var counts = await backend.Get<GalleryFeed>().CountAsync(query, CancellationToken.None);
        Assert.Equal((1, 2), (counts.Total, counts.Facets[GalleryFacet.Model].Count));
        Assert.Equal(new FacetValue(CostClass.Minutes, 1), Assert.Single(counts.Facets[GalleryFacet.Cost]));
    }

    [Fact]
    public void The_address_carries_the_whole_question()
    {
        var query = new GalleryQuery { Text = "红色 heart", Sort = GallerySort.Liked, Page = 3 }.With(GalleryFacet.Licence, "cc0-1.0") with { Page = 3 };
        var read = GalleryQuery.From(new QueryCollection(QueryHelpers.ParseQuery(query.Address.Split('?')[1])));
        Assert.Equal((query.Text, query.Sort, query.Page, "cc0-1.0", query.Address), (read.Text, read.Sort, read.Page, read.Facets[GalleryFacet.Licence], read.Address));
    }

    [Fact]
    public async Task A_cursor_of_nonsense_is_the_first_page()
    {
        await using var backend = await Backend.StartAsync();
        await PostSearchTests.PublishAsync(backend, "One", "");
        Assert.Single((await backend.Get<GalleryFeed>().ListAsync(new() { After = "NaN_x'; DROP TABLE Posts" }, CancellationToken.None)).Posts);
    }
}

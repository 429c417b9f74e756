using MiniSora.Web.Account;
using MiniSora.Web.Gallery;

namespace MiniSora.Web.Tests.Gallery;

public class PostSearchTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("红色", true)]
    [InlineData("圆形", true)]
    [InlineData("红", true)]
    [InlineData("红色圆形", true)]
    [InlineData("色红", false)]
    [InlineData("蓝色", false)]
    [InlineData("paper boat", true)]
    [InlineData("PAP", true)]
    [InlineData("boat 红色", true)]
    [InlineData("oat", false)]
    [InlineData("\" OR title:*", false)]
    [InlineData("100%", false)]
    public async Task Words_are_found_in_both_languages(string text, bool found)
    {
        await using var backend = await Backend.StartAsync();
        await PublishAsync(backend, "Paper boat", "一个红色圆形向左移动");
        var page = await backend.Get<GalleryFeed>().ListAsync(new() { Text = text }, CancellationToken.None);
        Assert.Equal(found ? 1 : 0, page.Posts.Count);
    }

    [Fact]
    public async Task A_removed_post_is_not_found_and_an_old_one_is_indexed_at_the_next_start()
    {
        await using var backend = await Backend.StartAsync();
        await PublishAsync(backend, "Paper boat", "", words: "");
        Assert.Empty((await backend.Get<GalleryFeed>().ListAsync(new() { Text = "boat" }, CancellationToken.None)).Posts);
        await using (var context = await backend.DbAsync())
            await PostSearch.CatchUpAsync(context, CancellationToken.None);
        var post = Assert.Single((await backend.Get<GalleryFeed>().ListAsync(new() { Text = "boat mei" }, CancellationToken.None)).Posts);
        Assert.Null(await backend.Get<GalleryService>().RemoveAsync(post.Id, new(Guid.NewGuid(), true, true), CancellationToken.None));
        Assert.Empty((await backend.Get<GalleryFeed>().ListAsync(new() { Text = "boat" }, CancellationToken.None)).Posts);
    }

    internal static async Task<Post> PublishAsync(Backend backend, string title, string prompt, string? words = null, Action<Changes>? change = null, Viewer? author = null)
    {
        author ??= await backend.MemberAsync("mei" + Guid.NewGuid().ToString("N")[..4]);
        await using var context = await backend.DbAsync();
        var changes = new Changes();
        change?.Invoke(changes);
        var number = context.Posts.Count() + 1;
        var post = new Post
        {
            Id = Guid.NewGuid(),
            Number = number,
            Slug = $"clip-{number}",
            Title = title,
            Prompt = prompt,
            SearchWords = words ?? PostSearch.Index(title, prompt),
            AuthorId = author.MemberId!.Value,
            VideoSha256 = new string('a', 64),
            CreatedAt = Noon.AddMinutes(number),
            Model = changes.Model,
            Dataset = "shapes",
            Task = "text_to_video",
            Size = 32,
            DeviceSeconds = changes.Seconds,
            Likes = changes.Likes,
        };
        context.Posts.Add(post);
        await context.SaveChangesAsync();
        return post;
    }

    internal sealed class Changes
    {
        public string Model { get; set; } = "latte";
        public double Seconds { get; set; } = 5;
        public int Likes { get; set; }
    }
}

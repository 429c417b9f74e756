using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Gallery;

namespace MiniSora.Web.Tests.Gallery;

public class PostTalkTests
{
    [Fact]
    public async Task A_like_counts_once_is_taken_back_and_its_author_is_told()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostSearchTests.PublishAsync(backend, "One", "", author: mei);
        var talk = backend.Get<PostTalk>();
        Assert.Null(await talk.MarkAsync(post.Slug, PostMarkKind.Like, true, tom, CancellationToken.None));
        Assert.Null(await talk.MarkAsync(post.Slug, PostMarkKind.Like, true, tom, CancellationToken.None));
        Assert.Equal((1, true), await LikesAsync(backend, post.Slug, tom));
        Assert.Equal(("like", "tom"), Assert.Single((await backend.Get<NoticeBoard>().ListAsync(mei.MemberId!.Value, CancellationToken.None)).Select(notice => (notice.Kind, notice.Who))));
        Assert.Null(await talk.MarkAsync(post.Slug, PostMarkKind.Like, false, tom, CancellationToken.None));
        Assert.Equal((0, false), await LikesAsync(backend, post.Slug, tom));
        Assert.Equal("not_signed_in", (await talk.MarkAsync(post.Slug, PostMarkKind.Like, true, Viewer.Visitor, CancellationToken.None))?.Code);
        Assert.Equal("own_reproduction", (await talk.MarkAsync(post.Slug, PostMarkKind.Reproduced, true, mei, CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task A_comment_is_removed_by_its_author_or_a_moderator_and_nobody_else()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostSearchTests.PublishAsync(backend, "One", "", author: mei);
        var talk = backend.Get<PostTalk>();
        Assert.Equal(["text_empty"], (await talk.CommentAsync(post.Slug, "  ", tom, CancellationToken.None)).Select(reason => reason.Code));
        Assert.Equal(["not_signed_in", "text_too_long"], (await talk.CommentAsync(post.Slug, new string('x', Comment.MaxLength + 1), Viewer.Visitor, CancellationToken.None)).Select(reason => reason.Code));
        Assert.Empty(await talk.CommentAsync(post.Slug, "**good**", tom, CancellationToken.None));
        var comment = Assert.Single(await talk.CommentsAsync(post.Id, mei, CancellationToken.None));
        Assert.False(comment.MayRemove);
        Assert.Equal("not_found", (await talk.RemoveCommentAsync(comment.Id, mei, CancellationToken.None))?.Code);
        Assert.Null(await talk.RemoveCommentAsync(comment.Id, tom, CancellationToken.None));
        Assert.Empty(await talk.CommentsAsync(post.Id, mei, CancellationToken.None));
    }

    [Fact]
    public async Task A_collection_is_filled_and_removed_by_its_owner_alone()
    {
        await using var backend = await Backend.StartAsync();
        var (mei, tom) = (await backend.MemberAsync("mei"), await backend.MemberAsync("tom"));
        var post = await PostSearchTests.PublishAsync(backend, "One", "", author: mei);
        var collections = backend.Get<CollectionService>();
        var slug = (await collections.CreateAsync("红色的心", "", mei, CancellationToken.None)).Slug!;
        Assert.Equal("not_found", (await collections.PutAsync(slug, post.Slug, true, tom, CancellationToken.None))?.Code);
        Assert.Null(await collections.PutAsync(slug, post.Slug, true, mei, CancellationToken.None));
        Assert.Single((await collections.GetAsync(slug, tom, CancellationToken.None))!.Posts);
        Assert.Equal("not_found", (await collections.RemoveAsync(slug, tom, CancellationToken.None))?.Code);
        Assert.Null(await collections.RemoveAsync(slug, mei, CancellationToken.None));
    }

    private static async Task<(int Likes, bool Liked)> LikesAsync(Backend backend, string slug, Viewer viewer)
    {
        var post = await backend.Get<GalleryService>().GetAsync(slug, viewer, CancellationToken.None);
        return (post!.Likes, post.Liked);
    }
}

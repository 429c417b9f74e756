using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Moderation;
using MiniSora.Web.Prose;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>A comment as its page shows it.</summary>
/// <param name="MayRemove">The viewer wrote it, or moderates.</param>
public sealed record CommentView(Guid Id, string Markdown, Guid AuthorId, string AuthorName, string AuthorHandle, DateTimeOffset CreatedAt, bool MayRemove);

/// <summary>What members say about posts: likes, "I made it again", comments.</summary>
public sealed class PostTalk
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;

    internal PostTalk(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing) =>
        (this.contexts, this.writing, this.standing) = (contexts, writing, standing);

    /// <summary>Sets or takes back a mark. Null when done; doing it twice is harmless.</summary>
    public Task<Refusal?> MarkAsync(string slug, PostMarkKind kind, bool on, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            if (viewer.MemberId is not { } member)
                return new Refusal("not_signed_in");
            var post = await write.Context.Posts.SingleOrDefaultAsync(post => post.Slug == slug && post.HiddenAt == null, cancellationToken);
            if (post is null)
                return new Refusal("not_found");
            if (kind == PostMarkKind.Reproduced && on && post.AuthorId == member)
                return new Refusal("own_reproduction");
            var mark = await write.Context.PostMarks.FindAsync([post.Id, kind, member], cancellationToken);
            if (mark is null == !on)
                return null;
            if (on)
                write.Context.PostMarks.Add(new() { PostId = post.Id, MemberId = member, Kind = kind, At = write.Now });
            else
                write.Context.PostMarks.Remove(mark!);
            if (kind == PostMarkKind.Like)
                post.Likes += on ? 1 : -1;
            else
                post.Reproductions += on ? 1 : -1;
            if (on)
                NoticeBoard.Tell(write, post.AuthorId, member, kind == PostMarkKind.Like ? "like" : "reproduced", await NameAsync(write, member, cancellationToken), post.Title, $"/gallery/{slug}");
            return null;
        },
        cancellationToken);

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<CommentView>> CommentsAsync(Guid postId, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Comments.AsNoTracking().Where(comment => comment.PostId == postId && comment.HiddenAt == null)
            .Join(context.Users, comment => comment.AuthorId, member => member.Id, (comment, member) => new { comment, member.DisplayName, member.Handle })
            .OrderBy(x => x.comment.CreatedAt)
            .Select(x => new CommentView(x.comment.Id, x.comment.Markdown, x.comment.AuthorId, x.DisplayName, x.Handle, x.comment.CreatedAt, viewer.IsModerator || x.comment.AuthorId == viewer.MemberId))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Writes a comment. Empty when done, else all reasons against it.</summary>
    public Task<IReadOnlyList<Refusal>> CommentAsync(string slug, string markdown, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            markdown = markdown.Trim();
            var reasons = await standing.CheckTextAsync(write, viewer, markdown, Comment.MaxLength, cancellationToken);
            var post = await write.Context.Posts.SingleOrDefaultAsync(post => post.Slug == slug && post.HiddenAt == null, cancellationToken);
            if (post is null)
                reasons.Add(new("not_found"));
            if (post is null || reasons.Count > 0)
                return reasons;
            var member = viewer.MemberId!.Value;
            var comment = new Comment { Id = Guid.CreateVersion7(write.Now), PostId = post.Id, AuthorId = member, Markdown = markdown, CreatedAt = write.Now };
            write.Context.Comments.Add(comment);
            post.Comments++;
            NoticeBoard.Tell(write, post.AuthorId, member, "comment", await NameAsync(write, member, cancellationToken), post.Title, $"/gallery/{slug}#c-{comment.Id:N}");
            return reasons;
        },
        cancellationToken);

    /// <summary>Removes a comment for good; only its author and moderators may. Null when done.</summary>
    public Task<Refusal?> RemoveCommentAsync(Guid commentId, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var comment = await write.Context.Comments.SingleOrDefaultAsync(comment => comment.Id == commentId && (viewer.IsModerator || comment.AuthorId == viewer.MemberId), cancellationToken);
            if (comment is null)
                return new Refusal("not_found");
            write.Context.Comments.Remove(comment);
            if (comment.HiddenAt is null)
                await write.Context.Posts.Where(post => post.Id == comment.PostId).ExecuteUpdateAsync(set => set.SetProperty(post => post.Comments, post => post.Comments - 1), cancellationToken);
            if (comment.AuthorId != viewer.MemberId)
                await Audit.WriteAsync(write, viewer, "comment_removed", ProseText.Plain(comment.Markdown, 80), "", cancellationToken);
            return null;
        },
        cancellationToken);

    private static Task<string> NameAsync(RunWrite write, Guid member, CancellationToken cancellationToken) =>
        write.Context.Users.Where(user => user.Id == member).Select(user => user.DisplayName).SingleAsync(cancellationToken);
}

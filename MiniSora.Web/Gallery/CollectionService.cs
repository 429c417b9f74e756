using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Moderation;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Gallery;

/// <summary>A collection in a list.</summary>
/// <param name="Has">It holds the post that was asked about.</param>
public sealed record CollectionEntry(string Slug, string Title, int Count, bool Has);

/// <summary>A collection with its videos, newest addition first.</summary>
public sealed record CollectionDetails(string Slug, string Title, string Description, string OwnerName, string OwnerHandle, bool MayChange, IReadOnlyList<PostTile> Posts);

/// <summary>Answer to a new collection: its slug, or all reasons against it.</summary>
public sealed record CollectionResult(string? Slug, IReadOnlyList<Refusal> Reasons);

/// <summary>Collections of videos: their owner fills them, everybody looks at them.</summary>
public sealed class CollectionService
{
    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;

    internal CollectionService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing) =>
        (this.contexts, this.writing, this.standing) = (contexts, writing, standing);

    /// <summary>A member's collections, by title.</summary>
    public async Task<IReadOnlyList<CollectionEntry>> OfAsync(Guid ownerId, Guid? postId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Collections.AsNoTracking().Where(collection => collection.OwnerId == ownerId).OrderBy(collection => collection.Title)
            .Select(collection => new CollectionEntry(
                collection.Slug, collection.Title,
                context.CollectionItems.Count(item => item.CollectionId == collection.Id),
                context.CollectionItems.Any(item => item.CollectionId == collection.Id && item.PostId == postId)))
            .ToListAsync(cancellationToken);
    }

    /// <summary>One collection; null when there is none.</summary>
    public async Task<CollectionDetails?> GetAsync(string slug, Viewer viewer, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Collections.AsNoTracking().Where(collection => collection.Slug == slug)
            .Join(context.Users, collection => collection.OwnerId, member => member.Id, (collection, member) => new { collection, member.DisplayName, member.Handle })
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        var posts = await context.CollectionItems.Where(item => item.CollectionId == found.collection.Id)
            .Join(context.Posts.Where(post => post.HiddenAt == null), item => item.PostId, post => post.Id, (item, post) => new { item, post })
            .Join(context.Users, x => x.post.AuthorId, member => member.Id, (x, member) => new { x.item, x.post, member.DisplayName, member.Handle })
            .OrderByDescending(x => x.item.AddedAt).ToListAsync(cancellationToken);
        return new(
            slug, found.collection.Title, found.collection.Description, found.DisplayName, found.Handle, viewer.MayActFor(found.collection.OwnerId),
            [.. posts.Select(x => PostTile.Of(x.post, x.DisplayName, x.Handle))]);
    }

    /// <summary>Makes a collection, empty.</summary>
    public Task<CollectionResult> CreateAsync(string title, string description, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            (title, description) = (title.Trim(), description.Trim());
            var reasons = await standing.CheckAsync(write, viewer, [title, description], cancellationToken);
            if (title.Length == 0)
                reasons.Add(new("text_empty"));
            if (title.Length > Collection.MaxTitle || description.Length > Collection.MaxDescription)
                reasons.Add(new("collection_too_long", ("title", Text(Collection.MaxTitle)), ("description", Text(Collection.MaxDescription))));
            if (await write.Context.Collections.CountAsync(collection => collection.OwnerId == viewer.MemberId, cancellationToken) >= Collection.MaxPerMember)
                reasons.Add(new("too_many_collections", ("limit", Text(Collection.MaxPerMember))));
            if (reasons.Count > 0)
                return new CollectionResult(null, reasons);
            var made = new Collection
            {
                Id = Guid.CreateVersion7(write.Now),
                Slug = GalleryService.SlugOf(title, "collection"),
                OwnerId = viewer.MemberId!.Value,
                Title = title,
                Description = description,
                CreatedAt = write.Now,
            };
            write.Context.Collections.Add(made);
            return new CollectionResult(made.Slug, []);
        },
        cancellationToken);

    /// <summary>Puts a post into one's own collection or takes it out. Null when done.</summary>
    public Task<Refusal?> PutAsync(string slug, string postSlug, bool isIn, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write =>
        {
            var collection = await write.Context.Collections.SingleOrDefaultAsync(c => c.Slug == slug && c.OwnerId == viewer.MemberId, cancellationToken);
            var post = await write.Context.Posts.Where(p => p.Slug == postSlug && p.HiddenAt == null).Select(p => (Guid?)p.Id).SingleOrDefaultAsync(cancellationToken);
            if (collection is null || post is not { } postId)
                return new Refusal("not_found");
            var item = await write.Context.CollectionItems.FindAsync([collection.Id, postId], cancellationToken);
            if (item is null && isIn)
            {
                if (await write.Context.CollectionItems.CountAsync(i => i.CollectionId == collection.Id, cancellationToken) >= Collection.MaxItems)
                    return new Refusal("collection_full", ("limit", Text(Collection.MaxItems)));
                write.Context.CollectionItems.Add(new() { CollectionId = collection.Id, PostId = postId, AddedAt = write.Now });
            }
            else if (item is not null && !isIn)
            {
                write.Context.CollectionItems.Remove(item);
            }

            return null;
        },
        cancellationToken);

    /// <summary>Removes one's own collection; the videos stay. Null when done.</summary>
    public Task<Refusal?> RemoveAsync(string slug, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync(
        async write => await write.Context.Collections.Where(c => c.Slug == slug && (viewer.IsAdministrator || c.OwnerId == viewer.MemberId)).ExecuteDeleteAsync(cancellationToken) > 0
            ? null
            : new Refusal("not_found"),
        cancellationToken);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Gallery;
using MiniSora.Web.Moderation;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Account.Profile;

/// <summary>What everybody may see of a member.</summary>
public sealed record ProfileView(Guid Id, string DisplayName, string Handle, string About, DateTimeOffset CreatedAt, int Posts, int Runs, int Reproductions);

/// <summary>Profiles: shown to everybody, changed by their owner.</summary>
public sealed class ProfileService
{
    private const int MaxAbout = 2000;

    private readonly IDbContextFactory<MiniSoraDbContext> contexts;
    private readonly RunWriting writing;
    private readonly Standing standing;

    internal ProfileService(IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, Standing standing) =>
        (this.contexts, this.writing, this.standing) = (contexts, writing, standing);

    /// <summary>A profile by its address; null when there is none.</summary>
    public Task<ProfileView?> GetAsync(string handle, CancellationToken cancellationToken) => FindAsync(member => member.Handle == handle, cancellationToken);

    /// <summary>A member's own; null when the account is gone.</summary>
    public Task<ProfileView?> GetAsync(Guid memberId, CancellationToken cancellationToken) => FindAsync(member => member.Id == memberId, cancellationToken);

    /// <summary>A member's videos, newest first.</summary>
    public async Task<IReadOnlyList<PostTile>> PostsAsync(Guid memberId, int take, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var posts = await context.Posts.AsNoTracking().Where(post => post.AuthorId == memberId && post.HiddenAt == null).OrderByDescending(post => post.Number).Take(take)
            .Join(context.Users, post => post.AuthorId, member => member.Id, (post, member) => new { post, member.DisplayName, member.Handle }).ToListAsync(cancellationToken);
        return [.. posts.OrderByDescending(x => x.post.Number).Select(x => PostTile.Of(x.post, x.DisplayName, x.Handle))];
    }

    /// <summary>Changes one's own name and words. Empty when done, else all reasons against it.</summary>
    public Task<IReadOnlyList<Refusal>> ChangeAsync(string displayName, string about, Viewer viewer, CancellationToken cancellationToken) => writing.DoAsync<IReadOnlyList<Refusal>>(
        async write =>
        {
            (displayName, about) = (displayName.Trim(), about.Trim());
            var reasons = await standing.CheckAsync(write, viewer, [displayName, about], cancellationToken);
            if (displayName.Length is 0 or > Member.MaxDisplayName)
                reasons.Add(new("display_name_length", ("limit", Member.MaxDisplayName.ToString(CultureInfo.InvariantCulture))));
            if (about.Length > MaxAbout)
                reasons.Add(new("text_too_long", ("limit", MaxAbout.ToString(CultureInfo.InvariantCulture)), ("length", about.Length.ToString(CultureInfo.InvariantCulture))));
            var member = await write.Context.Users.SingleOrDefaultAsync(member => member.Id == viewer.MemberId, cancellationToken);
            if (member is null)
                reasons.Add(new("not_found"));
            if (member is null || reasons.Count > 0)
                return reasons;
            var renamed = member.DisplayName != displayName;
            (member.DisplayName, member.About) = (displayName, about);
            if (renamed)
            {
                foreach (var post in await write.Context.Posts.Where(post => post.AuthorId == member.Id).ToListAsync(cancellationToken))
                    post.SearchWords = PostSearch.Index(post.Title, post.Prompt, displayName);
            }

            return reasons;
        },
        cancellationToken);

    private async Task<ProfileView?> FindAsync(System.Linq.Expressions.Expression<Func<Member, bool>> which, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Users.AsNoTracking().Where(which)
            .Select(member => new ProfileView(
                member.Id, member.DisplayName, member.Handle, member.About, member.CreatedAt,
                context.Posts.Count(post => post.AuthorId == member.Id && post.HiddenAt == null),
                context.Runs.Count(run => run.OwnerId == member.Id),
                context.PostMarks.Count(mark => mark.MemberId == member.Id && mark.Kind == PostMarkKind.Reproduced)))
            .SingleOrDefaultAsync(cancellationToken);
    }
}

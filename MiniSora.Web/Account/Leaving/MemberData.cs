using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Mail;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Account.Leaving;

/// <summary>All that the portal keeps about a member: to take along, and to be forgotten.</summary>
internal sealed class MemberData(
    IDbContextFactory<MiniSoraDbContext> contexts, RunWriting writing, RunService runs, Gallery.GalleryFeed gallery, ArtifactCleaner cleaner, IServiceScopeFactory scopes)
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A ZIP archive of JSON files, one a kind, and the spec of every run.</summary>
    public async Task<byte[]> ExportAsync(Guid memberId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            async Task AddAsync(string name, object content)
            {
                await using var file = await archive.CreateEntry(name).OpenAsync(cancellationToken);
                await JsonSerializer.SerializeAsync(file, content, Readable, cancellationToken);
            }

            await AddAsync("profile.json", await context.Users.Where(m => m.Id == memberId).Select(m => new { m.DisplayName, m.Handle, m.Email, m.EmailConfirmed, m.About, m.CreatedAt, m.TwoFactorEnabled }).SingleAsync(cancellationToken));
            await AddAsync("posts.json", await context.Posts.Where(p => p.AuthorId == memberId).Select(p => new { p.Slug, p.Title, p.Prompt, p.Licence, p.SpecYaml, p.Seed, p.CheckpointSha256, p.VideoSha256, p.Passport, p.PassportSignature, p.CreatedAt }).ToListAsync(cancellationToken));
            await AddAsync("marks.json", await context.PostMarks.Where(m => m.MemberId == memberId).Join(context.Posts, m => m.PostId, p => p.Id, (m, p) => new { p.Slug, Kind = m.Kind.ToString(), m.At }).ToListAsync(cancellationToken));
            await AddAsync("comments.json", await context.Comments.Where(c => c.AuthorId == memberId).Join(context.Posts, c => c.PostId, p => p.Id, (c, p) => new { p.Slug, c.Markdown, c.CreatedAt }).ToListAsync(cancellationToken));
            await AddAsync("collections.json", await context.Collections.Where(c => c.OwnerId == memberId).Select(c => new
            {
                c.Slug,
                c.Title,
                c.Description,
                Posts = context.CollectionItems.Where(i => i.CollectionId == c.Id).Join(context.Posts, i => i.PostId, p => p.Id, (_, p) => p.Slug).ToList(),
            }).ToListAsync(cancellationToken));
            await AddAsync("notes.json", await context.PaperNotes.Where(n => n.AuthorId == memberId).Join(context.Papers, n => n.PaperId, p => p.Id, (n, p) => new { p.Slug, n.Language, n.Title, n.Markdown, n.UpdatedAt }).ToListAsync(cancellationToken));
            await AddAsync("roundtables.json", await context.RoundtableEvents.Where(e => e.MemberId == memberId).Join(context.Roundtables, e => e.RoundtableId, r => r.Id, (e, r) => new { r.Slug, e.At, e.Type, e.Json }).ToListAsync(cancellationToken));
            await AddAsync("notices.json", await context.Notices.Where(n => n.MemberId == memberId).Select(n => new { n.At, n.Kind, n.Who, n.What, n.Url }).ToListAsync(cancellationToken));
            await AddAsync("webhooks.json", await context.Set<Webhook>().Where(w => w.OwnerId == memberId).Select(w => new
            {
                Kind = w.Kind.ToString(),
                w.Shown,
                w.Language,
                w.Events,
                w.CreatedAt,
                w.DeliveredAt,
                w.LastError,
                Messages = context.Set<WebhookDelivery>().Where(d => d.WebhookId == w.Id).Select(d => new { d.At, d.Event, d.Who, d.What, d.Url, State = d.State.ToString() }).ToList(),
            }).ToListAsync(cancellationToken));
            await AddAsync("mail.json", new
            {
                Choice = await context.Set<MailChoice>().Where(c => c.MemberId == memberId).Select(c => new { Rhythm = c.Rhythm.ToString(), c.Hour, c.Zone, c.Kinds, c.Language, c.NextAt, c.ToldUntil }).SingleOrDefaultAsync(cancellationToken),
                Letters = await context.Set<Letter>().Where(l => l.MemberId == memberId).Select(l => new { l.At, Kind = l.Kind.ToString(), l.To, l.Language, State = l.State.ToString(), l.SentAt, l.FailedAt, l.Said }).ToListAsync(cancellationToken),
            });
            await AddAsync("external-accounts.json", await context.UserLogins.Where(l => l.UserId == memberId).Select(l => new { Provider = l.LoginProvider, IssuerAndSubject = l.ProviderKey, Account = l.ProviderDisplayName }).ToListAsync(cancellationToken));
            await AddAsync("strikes.json", await context.Strikes.Where(s => s.MemberId == memberId).Select(s => new { s.At, Reason = s.Reason.ToString(), s.TargetTitle, s.Appeal, s.AppealGranted }).ToListAsync(cancellationToken));
            var mine = await context.Runs.Where(r => r.OwnerId == memberId).Select(r => new { r.Number, r.Name, State = r.State.ToString(), r.CreatedAt, r.SpecYaml }).ToListAsync(cancellationToken);
            await AddAsync("runs.json", mine.Select(run => new { run.Number, run.Name, run.State, run.CreatedAt }));
            foreach (var run in mine)
            {
                await using var file = await archive.CreateEntry(FormattableString.Invariant($"runs/{run.Number}.yaml")).OpenAsync(cancellationToken);
                await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(run.SpecYaml), cancellationToken);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>
    /// Deletes the account with its runs, posts, comments, notes and votes. What was said in roundtables stays in their log, without a name.
    /// Empty when done, else why not.
    /// </summary>
    /// <param name="memberId">Whose.</param>
    /// <param name="proof">The password; from somebody who has none, their handle, so that it is no slip.</param>
    /// <param name="signedInNow">Whether they signed in a moment ago, which stands for the password of those who have none.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyList<Refusal>> DeleteAsync(Guid memberId, string proof, bool signedInNow, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        if (await members.FindByIdAsync(memberId.ToString()) is not { } member)
            return [new("not_found")];
        if (member.IsDemo)
            return [new("demo_stays")];
        if (member.PasswordHash is not null && !await members.CheckPasswordAsync(member, proof))
            return [new("password_wrong")];
        if (member.PasswordHash is null && !signedInNow)
            return [new("sign_in_again")];
        if (member.PasswordHash is null && proof.Trim() != member.Handle)
            return [new("handle_wrong")];
        if (await members.IsInRoleAsync(member, MemberRoles.Administrator) && (await members.GetUsersInRoleAsync(MemberRoles.Administrator)).Count == 1)
            return [new("last_administrator")];

        var viewer = new Viewer(memberId, false, false);
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            foreach (var run in await context.Runs.Where(run => run.OwnerId == memberId).Select(run => new { run.Id, run.State }).ToListAsync(cancellationToken))
            {
                if (!Run.IsFinal(run.State) && run.State != RunState.Paused)
                    await runs.CancelAsync(run.Id, viewer, cancellationToken);
                if (await runs.DeleteAsync(run.Id, viewer, cancellationToken) is { Code: not "not_found" })
                    return [new("runs_still_end")];
            }
        }

        await writing.DoAsync(write => ForgetAsync(write, memberId, cancellationToken), cancellationToken);
        IdentityFailure.ThrowUnless(await members.DeleteAsync(member));
        gallery.Forget();
        await cleaner.SweepAsync(cancellationToken);
        return [];
    }

    // Rows go with the account by their foreign keys; counts on other members' posts and names in logs do not.
    private static async Task ForgetAsync(RunWrite write, Guid memberId, CancellationToken cancellationToken)
    {
        var context = write.Context;
        foreach (var post in await context.Posts.Where(post => context.PostMarks.Any(mark => mark.PostId == post.Id && mark.MemberId == memberId) || context.Comments.Any(comment => comment.PostId == post.Id && comment.AuthorId == memberId)).ToListAsync(cancellationToken))
        {
            post.Likes = await context.PostMarks.CountAsync(mark => mark.PostId == post.Id && mark.Kind == Gallery.PostMarkKind.Like && mark.MemberId != memberId, cancellationToken);
            post.Reproductions = await context.PostMarks.CountAsync(mark => mark.PostId == post.Id && mark.Kind == Gallery.PostMarkKind.Reproduced && mark.MemberId != memberId, cancellationToken);
            post.Comments = await context.Comments.CountAsync(comment => comment.PostId == post.Id && comment.HiddenAt == null && comment.AuthorId != memberId, cancellationToken);
        }

        await context.Papers.Where(paper => paper.PresenterId == memberId).ExecuteUpdateAsync(set => set.SetProperty(paper => paper.CallOpen, true), cancellationToken);
        await context.RoundtableEvents.Where(happened => happened.MemberId == memberId).ExecuteUpdateAsync(set => set.SetProperty(happened => happened.MemberName, ""), cancellationToken);
        await context.Artifacts.Where(artifact => artifact.OwnerId == memberId).ExecuteDeleteAsync(cancellationToken);
    }
}

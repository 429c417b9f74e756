using Microsoft.EntityFrameworkCore;
using MiniSora.Model.Media;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Passports;

/// <summary>What a file turned out to be.</summary>
public enum PassportVerdict
{
    /// <summary>This portal published exactly these pictures with exactly these words.</summary>
    Signed,

    /// <summary>It has, or belongs to, a passport of this portal that does not fit: something was changed.</summary>
    Altered,

    /// <summary>Nothing here says where it comes from.</summary>
    Unknown,
}

/// <summary>Answer to a file.</summary>
/// <param name="Reason">Key of a sentence <c>Verify.Reason.…</c> that says why.</param>
/// <param name="Passport">The passport in the file, when it can be read.</param>
/// <param name="Slug">The post it is, or looks like; null when there is none.</param>
/// <param name="LooksLike">It was found by its looks alone.</param>
public sealed record PassportResult(PassportVerdict Verdict, string Reason, Passport? Passport, string? Slug, string? Title, bool LooksLike);

/// <summary>Tells of a video file whether it is signed, altered or unknown.</summary>
internal sealed class PassportCheck(PassportKey key, IDbContextFactory<MiniSoraDbContext> contexts)
{
    /// <summary>Throws <see cref="MediaException"/> when it is no video.</summary>
    public async Task<PassportResult> CheckAsync(string path, CancellationToken cancellationToken)
    {
        var tags = await VideoFile.ReadTagsAsync(path, cancellationToken);
        var pictures = await VideoFile.PictureHashAsync(path, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var same = await context.Posts.AsNoTracking().Where(post => post.PictureSha256 == pictures && post.HiddenAt == null)
            .Select(post => new { post.Slug, post.Title }).FirstOrDefaultAsync(cancellationToken);

        if (tags.TryGetValue(MediaTags.Passport, out var text))
        {
            var passport = Passport.Read(text);
            if (key.Verifies(text, tags.GetValueOrDefault(MediaTags.Signature) ?? ""))
            {
                var reason = Misfit(passport!, tags, pictures);
                var title = await context.Posts.Where(post => post.Slug == passport!.Post && post.HiddenAt == null).Select(post => post.Title).FirstOrDefaultAsync(cancellationToken);
                return new(reason is null ? PassportVerdict.Signed : PassportVerdict.Altered, reason ?? "signed", passport, title is null ? null : passport!.Post, title, false);
            }

            // A passport of ours that was tampered with: it says that it is ours, or its pictures are.
            if (passport is null || passport.Key == key.Public || same is not null)
                return new(PassportVerdict.Altered, "passport", passport, same?.Slug, same?.Title, false);
            return await LookAsync(context, path, "other_portal", passport, cancellationToken);
        }

        return same is not null
            ? new(PassportVerdict.Unknown, "stripped", null, same.Slug, same.Title, false)
            : await LookAsync(context, path, "none", null, cancellationToken);
    }

    // What the signed words say against what the file holds.
    private static string? Misfit(Passport passport, IReadOnlyDictionary<string, string> tags, string pictures)
    {
        if (passport.Pictures != pictures)
            return "pictures";
        if (passport.Spec != Passport.HashOf(tags.GetValueOrDefault(MediaTags.Spec) ?? ""))
            return "spec";
        if (passport.Seed != tags.GetValueOrDefault(MediaTags.Seed))
            return "seed";
        if (passport.Checkpoint != tags.GetValueOrDefault(MediaTags.Checkpoint))
            return "checkpoint";
        return passport.Prompt == Passport.HashOf(tags.GetValueOrDefault(MediaTags.Title) ?? "") ? null : "prompt";
    }

    private static async Task<PassportResult> LookAsync(MiniSoraDbContext context, string path, string reason, Passport? passport, CancellationToken cancellationToken)
    {
        var looks = await Likeness.OfAsync(path, cancellationToken);
        var nearest = (Distance: int.MaxValue, Slug: "", Title: "");
        await foreach (var post in context.Posts.AsNoTracking().Where(post => post.Likeness != "" && post.HiddenAt == null).Select(post => new { post.Slug, post.Title, post.Likeness }).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var distance = Likeness.Distance(looks, post.Likeness);
            if (distance < nearest.Distance)
                nearest = (distance, post.Slug, post.Title);
        }

        return nearest.Distance <= Likeness.Near
            ? new(PassportVerdict.Unknown, "looks_like", passport, nearest.Slug, nearest.Title, true)
            : new(PassportVerdict.Unknown, reason, passport, null, null, false);
    }
}

using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Media;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Passports;

/// <summary>A passport and the file that carries it.</summary>
/// <param name="VideoSha256">The file with the passport in it, in the store; the original where it could not be read.</param>
internal sealed record IssuedPassport(string VideoSha256, string PictureSha256, string Likeness, string Text, string Signature);

/// <summary>Signs how a video was made and puts it into a copy of the file.</summary>
internal sealed partial class PassportIssuer(PassportKey key, ArtifactStore store, DataFolder folder, ILogger<PassportIssuer> logger)
{
    public async Task<IssuedPassport> IssueAsync(MiniSoraDbContext context, Artifact video, Run run, string slug, CancellationToken cancellationToken)
    {
        using var held = await store.HoldAsync(video.Sha256, cancellationToken);
        var source = held?.Path ?? store.PathOf(video.Sha256);
        string pictures = "", likeness = "";
        try
        {
            pictures = await VideoFile.PictureHashAsync(source, cancellationToken);
            likeness = await Likeness.OfAsync(source, cancellationToken);
        }
        catch (MediaException error)
        {
            // The page still has the passport; the file stays as the run made it.
            LogUnreadable(error, video.Sha256);
        }

        var training = await context.Artifacts.Where(artifact => artifact.Kind == "checkpoint" && artifact.Sha256 == run.CheckpointSha256)
            .Join(context.Runs, artifact => artifact.RunId, trained => trained.Id, (_, trained) => new { trained.Number, trained.SpecYaml }).FirstOrDefaultAsync(cancellationToken);
        var passport = new Passport(
            run.CheckpointSha256 ?? "", training is not null && SpecYaml.Read(training.SpecYaml).Spec is TrainingSpec spec ? spec.Data.Dataset : "", run.Device ?? "", Passport.Version, key.Public,
            training is null ? "" : await MetricRoot.OfAsync(context, training.Number, cancellationToken), pictures, slug, run.Precision ?? "", Passport.HashOf(video.Prompt ?? ""),
            (video.Seed ?? run.Seed).ToString(CultureInfo.InvariantCulture), run.SoftwareVersion, Passport.HashOf(run.SpecYaml), training is null ? "" : Passport.HashOf(training.SpecYaml));
        var text = passport.Text;
        var signature = key.Sign(text);
        var file = pictures.Length == 0 ? video.Sha256 : await CarryAsync(source, run, text, signature, cancellationToken);
        return new(file, pictures, likeness, text, signature);
    }

    private async Task<string> CarryAsync(string source, Run run, string text, string signature, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.mp4");
        try
        {
            // The spec is written again as the portal stores it, so that its hash is the passport's.
            await VideoFile.AddTagsAsync(
                source, temporary, new Dictionary<string, string> { [MediaTags.Spec] = run.SpecYaml, [MediaTags.Passport] = text, [MediaTags.Signature] = signature }, cancellationToken);
            return (await store.TakeAsync(temporary, null, cancellationToken)).Sha256;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Video {Sha256} could not be read: its passport is on its page only")]
    private partial void LogUnreadable(Exception error, string sha256);
}

using System.Text.Json.Nodes;
using MiniSora.Web.Account;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Roundtables;

/// <summary>Takes a presenter's PDF: its pages become the slides of the stage, and the file itself stays for download.</summary>
internal sealed class SlideShow(LiveRooms rooms, UploadService uploads, PdfPages pages, DataFolder folder)
{
    /// <summary>Largest PDF, bytes.</summary>
    public const long MaxBytes = 50 << 20;

    /// <summary>Puts the pages on the stage. Empty when done, else all reasons against it.</summary>
    public async Task<IReadOnlyList<Refusal>> ShowAsync(string slug, Stream content, Viewer viewer, CancellationToken cancellationToken)
    {
        if (viewer.MemberId is not { } owner)
            return [new("not_signed_in")];
        // Asked before anything is read or drawn; the event asks again.
        if (await rooms.MayShowAsync(slug, viewer, cancellationToken) is { } not)
            return [not];
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.slides");
        Directory.CreateDirectory(temporary);
        try
        {
            var pdf = Path.Combine(temporary, "slides.pdf");
            await using (var file = File.Create(pdf))
            {
                if (await UploadService.CopyAsync(content, file, MaxBytes, cancellationToken) is { } refusal)
                    return [refusal];
            }

            var (files, problem) = await pages.DrawAsync(pdf, temporary, cancellationToken);
            if (problem is not null)
                return [problem];
            var kept = await uploads.KeepFilesAsync([(pdf, "pdf", slug + ".pdf"), .. files.Select((file, at) => (file, "image", $"{slug}-{at + 1}.jpg"))], owner, cancellationToken);
            return await rooms.ActAsync(slug, "slides", new JsonObject { ["pdf"] = kept[0].Url, ["urls"] = new JsonArray([.. kept.Skip(1).Select(page => (JsonNode)page.Url)]) }, viewer, cancellationToken);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}

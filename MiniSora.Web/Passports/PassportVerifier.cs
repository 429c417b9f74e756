using System.Globalization;
using MiniSora.Model.Media;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Passports;

/// <summary>Takes a file from anybody, looks at it and forgets it.</summary>
internal sealed class PassportVerifier(PassportCheck check, DataFolder folder) : IDisposable
{
    // Each look runs ffmpeg a few times: two at a time, whoever asks.
    private readonly SemaphoreSlim turns = new(2);

    /// <summary>The result, or why there is none.</summary>
    public async Task<(PassportResult? Result, Refusal? Refusal)> CheckAsync(IFormFile file, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
            return (null, new("upload_empty"));
        if (file.Length > UploadService.MaxVideoBytes)
            return (null, new("upload_too_large", ("limit", (UploadService.MaxVideoBytes >> 20).ToString(CultureInfo.InvariantCulture))));
        var temporary = Path.Combine(folder.Artifacts, $".{Guid.NewGuid():N}.mp4");
        await turns.WaitAsync(cancellationToken);
        try
        {
            await using (var target = File.Create(temporary))
                await file.CopyToAsync(target, cancellationToken);
            return (await check.CheckAsync(temporary, cancellationToken), null);
        }
        catch (MediaException error) when (error.Code is MediaErrors.NotAVideo or MediaErrors.FfmpegMissing)
        {
            return (null, new(error.Code));
        }
        finally
        {
            turns.Release();
            File.Delete(temporary);
        }
    }

    public void Dispose() => turns.Dispose();
}

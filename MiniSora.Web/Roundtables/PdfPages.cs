using System.Globalization;
using System.Text;
using CliWrap;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Roundtables;

/// <summary>Where the programs are that turn a PDF into pictures: section <c>Slides</c>.</summary>
internal sealed class SlideOptions
{
    /// <summary>Folder that holds <c>pdfinfo</c> and <c>pdftoppm</c>; empty: the search path.</summary>
    public string Poppler { get; set; } = "";
}

/// <summary>
/// Draws the pages of a PDF with poppler's programs. The file may be anybody's, so they run as processes of their own, with a bound on their time, memory and
/// what they write.
/// </summary>
internal sealed class PdfPages(SlideOptions options)
{
    /// <summary>Longest side of a page, pixels: however large the paper, that much is drawn.</summary>
    private const int LongestSide = 1920;

    /// <summary>Of one program: 300 pages of an ordinary talk take a third of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // One talk at a time: it takes a core for as long as it lasts.
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Draws all pages into a folder: their files in order, or why not.</summary>
    public async Task<(IReadOnlyList<string> Files, Refusal? Refusal)> DrawAsync(string path, string folder, CancellationToken cancellationToken)
    {
        if (!await LooksLikePdfAsync(path, cancellationToken))
            return ([], new("pdf_not_a_pdf"));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var (pages, refusal) = await CountAsync(path, cancellationToken);
            if (refusal is not null)
                return ([], refusal);
            var drawn = await RunAsync("pdftoppm", ["-jpeg", "-jpegopt", "quality=90,optimize=y", "-scale-to", LongestSide.ToString(CultureInfo.InvariantCulture), path, Path.Combine(folder, "page")], cancellationToken);
            if (drawn.Refusal is not null)
                return ([], drawn.Refusal);
            // The numbers in their names have leading zeros.
            var files = Directory.GetFiles(folder, "page-*.jpg").Order(StringComparer.Ordinal).ToList();
            return files.Count == pages ? (files, null) : ([], new("pdf_damaged"));
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<(int Pages, Refusal? Refusal)> CountAsync(string path, CancellationToken cancellationToken)
    {
        var (said, errors, refusal) = await RunAsync("pdfinfo", [path], cancellationToken);
        if (refusal is not null)
            return (0, errors.Contains("Incorrect password", StringComparison.Ordinal) ? new("pdf_encrypted") : refusal);
        var line = said.Split('\n').FirstOrDefault(line => line.StartsWith("Pages:", StringComparison.Ordinal));
        if (!int.TryParse(line?["Pages:".Length..], CultureInfo.InvariantCulture, out var pages) || pages < 1)
            return (0, new("pdf_damaged"));
        return pages <= StageRules.MaxSlides ? (pages, null) : (0, new("pdf_pages", ("pages", pages.ToString(CultureInfo.InvariantCulture)), ("most", StageRules.MaxSlides.ToString(CultureInfo.InvariantCulture))));
    }

    // Readers look for the mark within the first kilobyte, and so do we.
    private static async Task<bool> LooksLikePdfAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var start = new byte[1024];
        var read = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        return start.AsSpan(0, read).IndexOf("%PDF-"u8) >= 0;
    }

    private async Task<(string Said, string Errors, Refusal? Refusal)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (said, errors) = (new StringBuilder(), new StringBuilder());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            // The shell sets the bounds (KiB of memory, 512-byte blocks of a file) and becomes the program.
            var result = await Cli.Wrap("sh")
                .WithArguments(["-c", "ulimit -v 2097152; ulimit -f 131072; exec \"$@\"", "sh", options.Poppler.Length == 0 ? program : Path.Combine(options.Poppler, program), .. arguments])
                .WithEnvironmentVariables(variables => variables.Set("LC_ALL", "C"))
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(said, Encoding.UTF8))
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors, Encoding.UTF8))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(limit.Token);
            return (said.ToString(), errors.ToString(), result.ExitCode switch
            {
                0 => null,
                // What a shell says of a program that is not there, or may not be run.
                126 or 127 => new("pdf_poppler_missing"),
                _ => new("pdf_damaged"),
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ("", "", new("pdf_slow"));
        }
    }
}

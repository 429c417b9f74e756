using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using CliWrap;
using MiniSora.Model.Media;

namespace MiniSora.Model.Datasets;

/// <summary>Brings the packages' archives into the dataset's folder, each verified, each once.</summary>
/// <param name="folder">Where archives live.</param>
/// <param name="options">Given archives, offline, the npm program.</param>
internal sealed class EmojiDownload(string folder, EmojiPackOptions options)
{
    private const int LastWords = 400;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    /// <summary>Takes over the given archives. Each must be one of the packages; the given files stay where they are.</summary>
    internal async Task TakeGivenAsync(IReadOnlyCollection<EmojiPackage> packages, CancellationToken cancellationToken)
    {
        foreach (var archive in options.Archives)
        {
            if (!File.Exists(archive))
                throw new DatasetException(DatasetErrors.ArchiveMissing, $"There is no file {archive}.", [archive]);
            var sum = await Sha256Async(archive, cancellationToken);
            var package = packages.FirstOrDefault(package => package.Sha256 == sum)
                ?? throw new DatasetException(
                    DatasetErrors.ArchiveUnknown,
                    $"{archive} is not one of the expected packages, or it is damaged. Expected: {string.Join(", ", packages.Select(p => p.FileName))}.",
                    [archive]);
            var target = Path.Combine(folder, package.FileName);
            if (Path.GetFullPath(archive) == Path.GetFullPath(target))
                continue;
            await using var source = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
            await AtomicFile.WriteAsync(target, async temporary =>
            {
                await using var copy = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, useAsync: true);
                await source.CopyToAsync(copy, cancellationToken);
            });
        }
    }

    /// <summary>True when the archive lies in the folder and is the expected one; a damaged one is deleted.</summary>
    /// <exception cref="DatasetException">Damaged, and offline: nothing could replace it.</exception>
    internal async Task<bool> HasAsync(EmojiPackage package, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, package.FileName);
        if (!File.Exists(path))
            return false;
        if (await Sha256Async(path, cancellationToken) == package.Sha256)
            return true;
        File.Delete(path);
        return options.Offline ? throw Broken(package) : false;
    }

    /// <summary>Fetches one package with npm, verifies it and moves it into the folder.</summary>
    /// <param name="package">What to fetch.</param>
    /// <param name="fetched">Told the bytes that have come, again and again.</param>
    /// <param name="cancellationToken">Stops npm.</param>
    internal async Task FetchAsync(EmojiPackage package, Action<long> fetched, CancellationToken cancellationToken)
    {
        if (options.Offline)
            throw new DatasetException(
                DatasetErrors.DownloadOffline,
                $"Offline: {package.Name}@{package.Version} is needed. Put {package.FileName} into {folder}, or name it as an archive.",
                [$"{package.Name}@{package.Version}", package.FileName, folder]);

        // npm's cache goes into a folder of its own: its growth is the only sign of progress npm gives.
        var work = Directory.CreateDirectory(Path.Combine(folder, $".download-{Guid.NewGuid():N}"));
        try
        {
            var cache = Path.Combine(work.FullName, "cache");
            using var stopLooking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var looking = LookAsync(cache, fetched, stopLooking.Token);
            try
            {
                await PackAsync(package, work.FullName, cache, cancellationToken);
            }
            finally
            {
                await stopLooking.CancelAsync();
                await looking;
            }

            var archive = Path.Combine(work.FullName, package.FileName);
            if (!File.Exists(archive))
                throw Failed(package, $"npm made no file {package.FileName}", null);
            if (await Sha256Async(archive, cancellationToken) != package.Sha256)
                throw Broken(package);
            File.Move(archive, Path.Combine(folder, package.FileName), overwrite: true);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>Removes what killed downloads left behind.</summary>
    internal void Tidy()
    {
        foreach (var left in Directory.GetDirectories(folder, ".download-*"))
            Directory.Delete(left, recursive: true);
        foreach (var left in Directory.GetFiles(folder, ".*.tmp"))
            File.Delete(left);
    }

    private async Task PackAsync(EmojiPackage package, string work, string cache, CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        CommandResult result;
        try
        {
            // npm pack runs no script of the package.
            result = await Cli.Wrap(options.Npm)
                .WithArguments(["pack", "--loglevel=error", "--ignore-scripts", "--pack-destination", work, "--cache", cache, $"{package.Name}@{package.Version}"])
                .WithWorkingDirectory(work)
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(said, Encoding.UTF8))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(cancellationToken);
        }
        catch (Win32Exception missing)
        {
            throw new DatasetException(
                DatasetErrors.NpmMissing,
                $"The program npm was not found. Install it: `sudo apt-get install npm`, or download {package.FileName} elsewhere and name it as an archive.",
                inner: missing);
        }

        if (result.ExitCode == 0)
            return;
        var words = said.ToString().Trim();
        if (words.Contains("ENOSPC", StringComparison.Ordinal))
            throw new DatasetException(DatasetErrors.DiskFull, $"No room left on the disk of {folder}.", [folder]);
        throw Failed(package, words.Length <= LastWords ? words : words[..LastWords], null);
    }

    private static async Task LookAsync(string cache, Action<long> fetched, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                fetched(BytesUnder(cache));
        }
        catch (OperationCanceledException)
        {
            // npm has ended
        }
    }

    /// <summary>Files come and go while npm works; one that went is not counted.</summary>
    private static long BytesUnder(string path)
    {
        var bytes = 0L;
        try
        {
            foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories))
                bytes += file.Length;
        }
        catch (IOException)
        {
            // a folder or file vanished between listing and looking: the next look is half a second away
        }

        return bytes;
    }

    private static async Task<string> Sha256Async(string path, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    private static DatasetException Failed(EmojiPackage package, string words, Exception? inner) => new(
        DatasetErrors.DownloadFailed,
        $"npm could not fetch {package.Name}@{package.Version}: {words}",
        [$"{package.Name}@{package.Version}", words],
        inner);

    private static DatasetException Broken(EmojiPackage package) => new(
        DatasetErrors.DownloadBroken,
        $"{package.FileName} is damaged (its SHA-256 is not the expected one) and was deleted. Try again.",
        [package.FileName]);
}

using System.ComponentModel;
using System.Text;
using CliWrap;

namespace MiniSora.Model.Media;

/// <summary>
/// Runs ffmpeg and ffprobe. Files of unknown origin pass through here, so demuxers that follow references to other
/// files or addresses (playlists, concat scripts) are never allowed.
/// </summary>
internal static class Ffmpeg
{
    /// <summary>Folder with other programs than the search path's; environment variable <c>MINISORA_FFMPEG</c>.</summary>
    internal const string FolderVariable = "MINISORA_FFMPEG";

    private const int LastWords = 400;

    private static readonly AsyncLocal<string?> OtherFolder = new();

    /// <summary>Arguments before every <c>-i</c>.</summary>
    internal static IReadOnlyList<string> SafeInput { get; } =
    [
        "-protocol_whitelist", "file,pipe",
        "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,gif,apng,flv,ogg,asf,dv,ivf,yuv4mpegpipe,nut",
    ];

    /// <summary>Replaces the folder of the programs for the current flow of calls (tests).</summary>
    internal static void UseFolder(string? folder) => OtherFolder.Value = folder;

    /// <summary>An argument that names a file whatever characters its path has.</summary>
    internal static string FileArgument(string path) => "file:" + Path.GetFullPath(path);

    /// <summary>Runs a program to its end; its exit code decides, what it says on stderr explains.</summary>
    internal static async Task<(int ExitCode, string LastWords)> RunAsync(
        string program, IEnumerable<string> arguments, PipeSource input, PipeTarget output, CancellationToken cancellationToken)
    {
        var errors = new StringBuilder();
        try
        {
            var result = await Cli.Wrap(Locate(program))
                .WithArguments(arguments)
                .WithStandardInputPipe(input)
                .WithStandardOutputPipe(output)
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors, Encoding.UTF8))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(cancellationToken);
            return (result.ExitCode, Shortened(errors));
        }
        catch (Win32Exception missing)
        {
            throw new MediaException(
                MediaErrors.FfmpegMissing,
                $"The program {program} was not found. Install it: `sudo apt-get install ffmpeg`, or set {FolderVariable} to the folder that holds ffmpeg and ffprobe.",
                [program],
                missing);
        }
    }

    private static string Locate(string program)
    {
        var folder = OtherFolder.Value ?? Environment.GetEnvironmentVariable(FolderVariable);
        return string.IsNullOrEmpty(folder) ? program : Path.Combine(folder, program);
    }

    private static string Shortened(StringBuilder errors)
    {
        var text = errors.ToString().Trim();
        return text.Length <= LastWords ? text : text[^LastWords..];
    }
}

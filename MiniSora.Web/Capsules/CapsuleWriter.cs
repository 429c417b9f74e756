using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Options;
using MiniSora.Web.Artifacts;
using MiniSora.Web.Portals;
using MiniSora.Web.Theme;

namespace MiniSora.Web.Capsules;

/// <summary>A file that people's programs read, beside the page.</summary>
internal sealed record CapsuleData(string Name, string Text)
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new JsonStringEnumConverter() } };

    public static CapsuleData Json(string name, object content) => new(name, JsonSerializer.Serialize(content, Readable));
}

/// <summary>
/// Writes a capsule: one ZIP with a page that opens from the disk, without a server and without a script but that of formulas, the media that it shows and its figures
/// as files. What is there today can be read when the portal is gone.
/// </summary>
internal sealed class CapsuleWriter(IServiceProvider services, ILoggerFactory loggers, ArtifactStore store, IWebHostEnvironment host, IOptions<PortalAddress> address)
{
    // A script of another file may not be a module here: browsers read modules over HTTP only.
    private const string Formulas = """
        <script src="katex/katex.min.js"></script>
        <script>
        for (const formula of document.querySelectorAll('.words .math')) {
          const text = formula.textContent.trim().replace(/^\\[([]/, '').replace(/\\[)\]]$/, '');
          katex.render(text, formula, { displayMode: formula.tagName === 'DIV', throwOnError: false, trust: false, maxExpand: 200 });
        }
        </script>
        """;

    /// <summary>Where the portal has a page, for whoever reads its capsule: the portal's own address where it was said.</summary>
    public string SourceOf(HttpContext http, string path) => address.Value.Or($"{http.Request.Scheme}://{http.Request.Host}") + path;

    /// <summary>A stream of the whole ZIP, whose file is gone once it is closed.</summary>
    /// <typeparam name="TPage">The page; gets <paramref name="parameters"/> and <c>Files</c>.</typeparam>
    /// <param name="name">Name of the folder inside.</param>
    public async Task<Stream> WriteAsync<TPage>(string name, Dictionary<string, object?> parameters, IReadOnlyList<CapsuleData> data, CancellationToken cancellationToken)
        where TPage : IComponent
    {
        var files = new CapsuleFiles();
        var page = await RenderAsync<TPage>(new(parameters) { ["Files"] = files });
        var stream = new FileStream(Path.Combine(Path.GetTempPath(), $"capsule-{Guid.NewGuid():N}.zip"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        try
        {
            await using (var archive = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, null, cancellationToken))
            {
                var formulas = page.Contains("class=\"math\"", StringComparison.Ordinal);
                if (formulas)
                    page = page.Replace("</head>", "<link rel=\"stylesheet\" href=\"katex/katex.min.css\" /></head>", StringComparison.Ordinal).Replace("</body>", Formulas + "</body>", StringComparison.Ordinal);
                await TextAsync(archive, $"{name}/index.html", page, cancellationToken);
                await TextAsync(archive, $"{name}/style/theme.css", ThemeSheet.Text, cancellationToken);
                foreach (var sheet in new[] { "app.css", "runs.css" })
                    await StaticAsync(archive, $"{name}/style/{sheet}", sheet, cancellationToken);
                if (formulas)
                    await FolderAsync(archive, $"{name}/katex", "lib/katex", cancellationToken);
                foreach (var file in data)
                    await TextAsync(archive, $"{name}/data/{file.Name}", file.Text, cancellationToken);
                foreach (var (sha256, path) in files.Paths)
                    await MediaAsync(archive, $"{name}/{path}", sha256, cancellationToken);
            }

            stream.Position = 0;
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<string> RenderAsync<TPage>(Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        await using var scope = services.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(parameters))).ToHtmlString());
    }

    // Media are compressed already.
    private async Task MediaAsync(ZipArchive archive, string path, string sha256, CancellationToken cancellationToken)
    {
        using var held = await store.HoldAsync(sha256, cancellationToken);
        if (held is null)
            return;
        await using var source = File.OpenRead(held.Path);
        await using var entry = await archive.CreateEntry(path, CompressionLevel.NoCompression).OpenAsync(cancellationToken);
        await source.CopyToAsync(entry, cancellationToken);
    }

    private async Task StaticAsync(ZipArchive archive, string path, string file, CancellationToken cancellationToken)
    {
        await using var source = host.WebRootFileProvider.GetFileInfo(file).CreateReadStream();
        await using var entry = await archive.CreateEntry(path).OpenAsync(cancellationToken);
        await source.CopyToAsync(entry, cancellationToken);
    }

    private async Task FolderAsync(ZipArchive archive, string path, string folder, CancellationToken cancellationToken)
    {
        foreach (var file in host.WebRootFileProvider.GetDirectoryContents(folder))
        {
            if (file.IsDirectory)
                await FolderAsync(archive, $"{path}/{file.Name}", $"{folder}/{file.Name}", cancellationToken);
            else if (!file.Name.EndsWith(".gz", StringComparison.Ordinal))
                await StaticAsync(archive, $"{path}/{file.Name}", $"{folder}/{file.Name}", cancellationToken);
        }
    }

    private static async Task TextAsync(ZipArchive archive, string path, string text, CancellationToken cancellationToken)
    {
        await using var entry = await archive.CreateEntry(path).OpenAsync(cancellationToken);
        await entry.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;

namespace MiniSora.Jobs.Portal;

/// <summary>The portal's HTTP API, <c>/api/v1</c>, for programs of this repository. Every refusal is a <see cref="PortalException"/>.</summary>
public sealed class PortalClient : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient http;
    private readonly TimeProvider time;

    /// <param name="portal">Address of the portal, e.g. <c>https://minisora.example</c>.</param>
    /// <param name="token">A token of the page /me/tokens.</param>
    /// <param name="time">Clock of the pauses between tries.</param>
    public PortalClient(Uri portal, string token, TimeProvider time)
    {
        this.time = time;
        http = new HttpClient { BaseAddress = new Uri(portal.AbsoluteUri.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "zh" ? "zh-CN" : "en");
        http.DefaultRequestHeaders.UserAgent.ParseAdd("minisora");
    }

    /// <summary>The address of a page or file of the portal.</summary>
    public Uri Address(string path) => new(http.BaseAddress!, path.TrimStart('/'));

    /// <summary>Submits a spec.</summary>
    public Task<PortalRun> SubmitAsync(string specYaml, CancellationToken cancellationToken) =>
        SendAsync<PortalRun>(HttpMethod.Post, "runs", new StringContent(specYaml, Encoding.UTF8, "application/yaml"), cancellationToken);

    /// <summary>Submits a training run that starts from a checkpoint of another one; a null step means the newest.</summary>
    public Task<PortalRun> ForkAsync(string run, long? step, IReadOnlyList<string> set, CancellationToken cancellationToken) =>
        SendAsync<PortalRun>(HttpMethod.Post, Of(run) + "/fork", JsonContent.Create(new { step, set }, options: Json), cancellationToken);

    /// <summary>Submits a run for every combination of the values of some settings, <c>path=value,value</c> each.</summary>
    public Task<PortalSweep> SweepAsync(string specYaml, IReadOnlyList<string> sweep, double? budgetSeconds, CancellationToken cancellationToken) =>
        SendAsync<PortalSweep>(HttpMethod.Post, "sweeps", JsonContent.Create(new { spec = specYaml, sweep, budgetSeconds }, options: Json), cancellationToken);

    /// <summary>Runs, the newest first.</summary>
    public Task<PortalRuns> ListAsync(bool mine, int take, CancellationToken cancellationToken) =>
        SendAsync<PortalRuns>(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"runs?mine={(mine ? "true" : "false")}&take={take}"), null, cancellationToken);

    /// <summary>A run by its id or number.</summary>
    public Task<PortalRunDetails> GetAsync(string run, CancellationToken cancellationToken) => SendAsync<PortalRunDetails>(HttpMethod.Get, Of(run), null, cancellationToken);

    /// <summary>The newest lines of its log.</summary>
    public Task<IReadOnlyList<PortalLogLine>> LogAsync(string run, CancellationToken cancellationToken) => SendAsync<IReadOnlyList<PortalLogLine>>(HttpMethod.Get, Of(run) + "/log", null, cancellationToken);

    /// <summary><c>cancel</c>, <c>stop</c>, <c>pause</c> or <c>resume</c>.</summary>
    public Task<PortalRun> ActAsync(string run, string what, CancellationToken cancellationToken) => SendAsync<PortalRun>(HttpMethod.Post, $"{Of(run)}/{what}", null, cancellationToken);

    /// <summary>Stores an image, so that a sampling spec can name it.</summary>
    public async Task<PortalImage> UploadImageAsync(string path, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        content.Headers.ContentType = new(Path.GetExtension(path).ToUpperInvariant() switch { ".PNG" => "image/png", ".WEBP" => "image/webp", _ => "image/jpeg" });
        return await SendAsync<PortalImage>(HttpMethod.Post, "uploads/images?name=" + Uri.EscapeDataString(Path.GetFileName(path)), content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The events of a run after a number, until it is over. A connection that breaks is opened again with the number of the last event,
    /// so nothing is missing and nothing comes twice.
    /// </summary>
    public async IAsyncEnumerable<PortalEvent> FollowAsync(string run, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        while (true)
        {
            var said = false;
            await foreach (var happened in StreamAsync(run, after, cancellationToken).ConfigureAwait(false))
            {
                said = true;
                if (happened.Type == "end")
                    yield break;
                if (happened.Seq <= after)
                    continue;
                after = happened.Seq;
                yield return happened;
            }

            pause = said ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromMilliseconds(Math.Min(5000, pause.TotalMilliseconds * 2));
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Downloads a file; what an earlier try left half done is continued. Throws when it is not what its hash says.</summary>
    public async Task DownloadAsync(string path, string sha256, string into, CancellationToken cancellationToken)
    {
        if (File.Exists(into) && FileHash.Sha256(into) == sha256)
            return;
        var part = into + ".part";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(into))!);
        using (var request = new HttpRequestMessage(HttpMethod.Get, Address(path)))
        {
            var have = File.Exists(part) ? new FileInfo(part).Length : 0;
            if (have > 0)
                request.Headers.Range = new RangeHeaderValue(have, null);
            using var response = await AskAsync(request, cancellationToken, HttpStatusCode.RequestedRangeNotSatisfiable).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                await using var file = new FileStream(part, response.StatusCode == HttpStatusCode.PartialContent ? FileMode.Append : FileMode.Create);
                await response.Content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }

        if (FileHash.Sha256(part) is var hash && hash != sha256)
        {
            File.Delete(part);
            throw new PortalException(0, [new("download_damaged", SpecTexts.Format("cli.portal.damaged", null, ("file", Path.GetFileName(into))), null)]);
        }

        File.Move(part, into, overwrite: true);
    }

    /// <summary>A request to the API with its answer as <typeparamref name="T"/>.</summary>
    public async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Address("api/v1/" + path)) { Content = content };
        using var response = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken).ConfigureAwait(false) ?? throw Foreign((int)response.StatusCode);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static string Of(string run) => "runs/" + Uri.EscapeDataString(run);

    // What breaks in the middle ends the stream; whoever follows comes back. What is refused is thrown.
    private async IAsyncEnumerable<PortalEvent> StreamAsync(string run, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(string.Create(CultureInfo.InvariantCulture, $"api/v1/{Of(run)}/events?after={after}")));
        HttpResponseMessage response;
        try
        {
            response = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (PortalException gone) when (after > 0 && gone.Status is 0 or >= 500)
        {
            // It answered before: it restarts.
            yield break;
        }

        using (response)
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var items = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (items.ConfigureAwait(false))
            {
                while (await NextAsync(items).ConfigureAwait(false))
                {
                    var item = items.Current;
                    using var document = JsonDocument.Parse(item.Data);
                    var root = document.RootElement;
                    yield return new(
                        long.TryParse(item.EventId, CultureInfo.InvariantCulture, out var seq) ? seq : 0, item.EventType,
                        root.TryGetProperty("at", out var at) ? at.GetDateTimeOffset() : default, (root.TryGetProperty("data", out var data) ? data : root).Clone());
                }
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return false;
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken, HttpStatusCode? alsoGood = null)
    {
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw new PortalException(0, [new("portal_unreachable", SpecTexts.Format("cli.portal.unreachable", null, ("portal", http.BaseAddress!.ToString()), ("detail", error.Message)), null)]);
        }

        if (response.IsSuccessStatusCode || response.StatusCode == alsoGood)
            return response;
        using (response)
            throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PortalException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return Foreign(status);
        var problem = await response.Content.ReadFromJsonAsync<Problem>(Json, cancellationToken).ConfigureAwait(false);
        return problem?.Reasons is { Count: > 0 } reasons ? new(status, reasons) : Foreign(status);
    }

    private PortalException Foreign(int status) =>
        new(status, [new("portal_foreign", SpecTexts.Format("cli.portal.foreign", null, ("portal", http.BaseAddress!.ToString()), ("status", status.ToString(CultureInfo.InvariantCulture))), null)]);

    private sealed record Problem(IReadOnlyList<PortalReason>? Reasons);
}

using System.Text;

namespace MiniSora.Web.Webhooks;

/// <summary>Sends one message and says what became of it.</summary>
internal sealed class WebhookSender(IHostEnvironment environment, TimeProvider clock) : IDisposable
{
    // More than anybody who takes a message says.
    private const int MaxAnswer = 8 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient client = new(PublicSockets.Handler(environment.IsEnvironment("Local"))) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Whether a webhook may have this address: https, or on one's own machine while trying things out.</summary>
    public bool MayBe(string address) =>
        address.Length <= Webhook.MaxUrl && Uri.TryCreate(address, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && environment.IsEnvironment("Local")));

    public async Task<WebhookAnswer> SendAsync(WebhookKind kind, string url, string secret, string text, string link, string language, CancellationToken cancellationToken)
    {
        if (!MayBe(url))
            return new(WebhookOutcome.Refused, "https?");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url)
            {
                Content = new StringContent(WebhookMessage.Text(WebhookMessage.Body(kind, text, link, language, secret, clock.GetUtcNow())), Encoding.UTF8, "application/json"),
            };
            request.Headers.UserAgent.ParseAdd("MiniSora");
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return WebhookMessage.Read(kind, response.StatusCode, response.Headers.RetryAfter?.Delta, await BeginningAsync(response, patience.Token));
        }
        catch (HttpRequestException error)
        {
            var known = error.GetBaseException() is AddressRefusedException
                || error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            return new(known ? WebhookOutcome.Refused : WebhookOutcome.Unknown, error.GetBaseException().Message);
        }
        catch (Exception error) when (error is IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(WebhookOutcome.Unknown, error is IOException ? error.Message : $"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    public void Dispose() => client.Dispose();

    private static async Task<string> BeginningAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxAnswer];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken));
    }
}

using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MiniSora.Web.Localization;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Webhooks;

/// <summary>What became of a message.</summary>
internal enum WebhookOutcome
{
    /// <summary>The other side took it.</summary>
    Delivered,

    /// <summary>It did not, or could not be reached.</summary>
    Refused,

    /// <summary>It asks for patience.</summary>
    Limited,

    /// <summary>It may have taken it.</summary>
    Unknown,
}

/// <summary>An answer to a message.</summary>
/// <param name="Said">For whoever owns the webhook; never its address.</param>
internal sealed record WebhookAnswer(WebhookOutcome Outcome, string Said, TimeSpan? RetryAfter = null);

/// <summary>
/// The shapes of the three kinds of chat. Texts go where the other side reads no markup, so that a title can neither mention everybody nor look like a link.
/// </summary>
internal static class WebhookMessage
{
    // Discord's limit of an embed's title; the others take more.
    private const int MaxText = 256;

    /// <summary>The body of a request.</summary>
    public static JsonObject Body(WebhookKind kind, string text, string link, string language, string secret, DateTimeOffset now)
    {
        text = text.Length > MaxText ? text[..(MaxText - 1)] + "…" : text;
        switch (kind)
        {
            case WebhookKind.WeChatWork:
                return new() { ["msgtype"] = "text", ["text"] = new JsonObject { ["content"] = text + "\n" + link } };
            case WebhookKind.Feishu:
                var words = new JsonObject
                {
                    ["title"] = "MiniSora",
                    ["content"] = new JsonArray(new JsonArray(new JsonObject { ["tag"] = "text", ["text"] = text + " " }, new JsonObject { ["tag"] = "a", ["text"] = link, ["href"] = link })),
                };
                var body = new JsonObject();
                if (secret.Length > 0)
                {
                    var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
                    (body["timestamp"], body["sign"]) = (timestamp, Sign(timestamp, secret));
                }

                body["msg_type"] = "post";
                body["content"] = new JsonObject { ["post"] = new JsonObject { [language == Cultures.Chinese ? "zh_cn" : "en_us"] = words } };
                return body;
            case WebhookKind.Discord:
                return new()
                {
                    ["embeds"] = new JsonArray(new JsonObject { ["title"] = text, ["url"] = link }),
                    ["allowed_mentions"] = new JsonObject { ["parse"] = new JsonArray() },
                };
            default:
                throw new InvalidOperationException($"Unknown kind of webhook {kind}.");
        }
    }

    public static string Text(JsonObject body) => body.ToJsonString(LiveJson.Options);

    /// <summary>Feishu's signature: time and secret are the key, and nothing is signed with it.</summary>
    public static string Sign(string timestamp, string secret) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(timestamp + "\n" + secret), Array.Empty<byte>()));

    /// <summary>Reads an answer: the two Chinese services say 200 to everything and mean what is in it.</summary>
    public static WebhookAnswer Read(WebhookKind kind, HttpStatusCode status, TimeSpan? retryAfter, string content)
    {
        var said = $"{(int)status} {Plain(content)}".TrimEnd();
        var json = Parse(content);
        if (status == HttpStatusCode.TooManyRequests)
            return new(WebhookOutcome.Limited, said, json?["retry_after"] is JsonValue seconds && seconds.TryGetValue<double>(out var wait) && wait is >= 0 and < 86_400 ? TimeSpan.FromSeconds(wait) : retryAfter);
        if ((int)status is < 200 or > 299)
            return new(WebhookOutcome.Refused, said);
        var code = kind switch
        {
            WebhookKind.WeChatWork => Number(json, "errcode"),
            WebhookKind.Feishu => Number(json, "code") ?? Number(json, "StatusCode"),
            _ => 0,
        };
        return code switch
        {
            0 => new(WebhookOutcome.Delivered, said),
            // "api freq out of limit" and "frequency limited": both count by the minute.
            45009 or 9499 or 11232 => new(WebhookOutcome.Limited, said, TimeSpan.FromMinutes(1)),
            _ => new(WebhookOutcome.Refused, said),
        };
    }

    private static long? Number(JsonNode? json, string name) => json?[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static JsonObject? Parse(string content)
    {
        try
        {
            return JsonNode.Parse(content) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Plain(string content) => new([.. content.Take(200).Select(c => char.IsControl(c) ? ' ' : c)]);
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MiniSora.Web.Tests.Webhooks;

/// <summary>A server that takes messages as a chat's webhook does.</summary>
internal sealed class Chat : IAsyncDisposable
{
    private readonly WebApplication app;

    private Chat(WebApplication app) => this.app = app;

    /// <summary>Bodies of all requests so far.</summary>
    public ConcurrentQueue<JsonNode> Heard { get; } = [];

    /// <summary>What it does with a request. Default: 204, as Discord does.</summary>
    public Func<HttpContext, Task> Answers { get; set; } = http =>
    {
        http.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    public string Url => app.Urls.First() + "/hook/abcd1234";

    public static async Task<Chat> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var chat = new Chat(builder.Build());
        chat.app.Run(async http =>
        {
            chat.Heard.Enqueue((await JsonNode.ParseAsync(http.Request.Body))!);
            await chat.Answers(http);
        });
        await chat.app.StartAsync();
        return chat;
    }

    /// <summary>From now on it answers so.</summary>
    public void Answer(int status, string body = "") => Answers = http =>
    {
        http.Response.StatusCode = status;
        return status == 204 ? Task.CompletedTask : http.Response.WriteAsync(body);
    };

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

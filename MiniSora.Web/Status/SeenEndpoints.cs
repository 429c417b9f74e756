using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MiniSora.Web.Account;

namespace MiniSora.Web.Status;

/// <summary>What machines ask: <c>/health/live</c>, <c>/health/ready</c>, <c>/metrics</c>.</summary>
internal static class SeenEndpoints
{
    public const string Live = "/health/live", Ready = "/health/ready", Metrics = "/metrics";

    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseCheck>(DatabaseCheck.Name)
        .AddCheck<SchedulerCheck>(SchedulerCheck.Name)
        .AddCheck<DiskCheck>(DiskCheck.Name)
        .AddCheck<LeadCheck>(LeadCheck.Name);

    public static void MapSeen(this WebApplication app)
    {
        // Live: the process answers. Whoever restarts it on a no shall not do so because a disk is full.
        app.MapHealthChecks(Live, new() { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks(Ready, new() { ResponseWriter = WriteAsync }).AllowAnonymous();
        app.UseWhen(http => http.Request.Path == Metrics, metrics =>
        {
            metrics.Use((http, next) => MayReadMetrics(http) ? next(http) : Refuse(http));
            metrics.UseOpenTelemetryPrometheusScrapingEndpoint();
        });
    }

    // Names of checks and their states; never an exception, which may name paths and servers.
    private static Task WriteAsync(HttpContext http, HealthReport report)
    {
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsJsonAsync(new
        {
            status = report.Status.ToString(),
            checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Status.ToString()),
        });
    }

    // Routes and request counts are an operator's business: a token of theirs, or an administrator's cookie.
    private static bool MayReadMetrics(HttpContext http)
    {
        if (http.User.IsInRole(MemberRoles.Administrator))
            return true;
        var token = http.RequestServices.GetRequiredService<IConfiguration>()[Telemetry.TokenSetting];
        return !string.IsNullOrEmpty(token)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {token}")), SHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Headers.Authorization.ToString())));
    }

    private static Task Refuse(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return http.Response.WriteAsync("401\n");
    }
}

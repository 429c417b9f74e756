using System.Diagnostics;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MiniSora.Web.Status;

/// <summary>
/// Metrics, traces and logs for operators. <c>Telemetry:OtlpEndpoint</c> (or <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>) sends all three to a collector;
/// <c>/metrics</c> gives the metrics to Prometheus; <c>Telemetry:JsonLogs</c> writes one JSON object per line to standard output.
/// </summary>
internal static class Telemetry
{
    /// <summary>Name of the meter and of the source of traces.</summary>
    public const string Name = "MiniSora";

    /// <summary>Setting with the token that Prometheus sends as <c>Authorization: Bearer …</c>.</summary>
    public const string TokenSetting = "Telemetry:PrometheusToken";

    /// <summary>Spans of the portal: <c>run</c> (from start to end), <c>scheduler.look</c>, <c>runs.write</c>.</summary>
    public static ActivitySource Source { get; } = new(Name);

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue("Telemetry:JsonLogs", false))
        {
            builder.Logging.AddJsonConsole(options =>
            {
                options.IncludeScopes = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }

        var endpoint = builder.Configuration["Telemetry:OtlpEndpoint"] ?? builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        var collector = string.IsNullOrWhiteSpace(endpoint) ? null : new Uri(endpoint);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("minisora-portal", serviceVersion: Product.Version))
            .WithMetrics(metrics =>
            {
                // The framework's own meters: requests, connections, circuits, memory, threads.
                metrics.AddMeter(Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections",
                    "Microsoft.AspNetCore.Components.Server.Circuits", "System.Runtime");
                metrics.AddPrometheusExporter();
                if (collector is not null)
                    metrics.AddOtlpExporter(options => options.Endpoint = collector);
            });
        if (collector is not null)
        {
            telemetry.WithTracing(traces => traces
                .AddSource(Name, "Microsoft.AspNetCore")
                .AddOtlpExporter(options => options.Endpoint = collector));
            builder.Logging.AddOpenTelemetry(logs =>
            {
                (logs.IncludeFormattedMessage, logs.IncludeScopes) = (true, true);
                logs.AddOtlpExporter(options => options.Endpoint = collector);
            });
        }

        builder.Services.AddSingleton<PortalMeter>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<PortalMeter>());
    }
}

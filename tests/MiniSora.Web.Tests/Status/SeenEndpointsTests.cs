using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using MiniSora.Web.Tests.Shell;

namespace MiniSora.Web.Tests.Status;

public sealed class SeenEndpointsTests
{
    [Fact]
    public async Task Health_metrics_and_status_answer_whom_they_should()
    {
        await using var host = new ShellHost();
        using var telling = host.WithWebHostBuilder(builder => builder.UseSetting("Telemetry:PrometheusToken", "secret of the operator"));
        using var visitor = telling.CreateClient();

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        Assert.Contains("\"database\":\"Healthy\"", await visitor.GetStringAsync(new Uri("/health/ready", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await MetricsAsync("Bearer wrong")).StatusCode);
        var metrics = await MetricsAsync("Bearer secret of the operator");
        Assert.Equal(HttpStatusCode.OK, metrics.StatusCode);
        Assert.Contains("minisora_queue_waiting", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var page = await visitor.GetStringAsync(new Uri("/status", UriKind.Relative));
        Assert.Contains("Runs lost", page, StringComparison.Ordinal);
        Assert.DoesNotContain("blazor.web.js", page, StringComparison.Ordinal);
        Assert.Contains("No run with an estimate", await visitor.GetStringAsync(new Uri("/status/estimates", UriKind.Relative)), StringComparison.Ordinal);

        async Task<HttpResponseMessage> MetricsAsync(string authorization)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/metrics", UriKind.Relative));
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            return await visitor.SendAsync(request);
        }
    }
}

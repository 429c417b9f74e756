using System.Net;

namespace MiniSora.EndToEnd.Tests;

/// <summary>The published folder serves the files of the top-level wwwroot, of the framework and of MudBlazor, with a body.</summary>
public sealed class PublishedFilesTests
{
    [Fact]
    public async Task The_published_portal_serves_every_kind_of_file()
    {
        await using var portal = new Portal();
        await portal.StartAsync();
        foreach (var address in new[]
        {
            "/app.css", "/theme.css", "/js/site.js", "/favicon.svg", "/MiniSora.Web.styles.css",
            "/_framework/blazor.web.js", "/_content/MudBlazor/MudBlazor.min.css",
        })
        {
            using var answer = await portal.Http.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
        }
    }
}

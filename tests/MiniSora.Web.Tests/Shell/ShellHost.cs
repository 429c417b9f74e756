using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;

namespace MiniSora.Web.Tests.Shell;

/// <summary>The real portal with a data folder of its own; nothing runs and nothing is fetched.</summary>
internal sealed class ShellHost : WebApplicationFactory<App>
{
    readonly DirectoryInfo data = Directory.CreateTempSubdirectory("minisora-shell-");

    public HttpClient Visitor(string? acceptLanguage = null)
    {
        var client = CreateClient(new() { AllowAutoRedirect = false, BaseAddress = new("http://localhost") });
        if (acceptLanguage is not null)
            client.DefaultRequestHeaders.Add("Accept-Language", acceptLanguage);
        return client;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Local");
        builder.UseSetting("Data", data.FullName);
        builder.UseSetting("MINISORA_OFFLINE", "1");
        builder.UseSetting("Runs:Starter", "false");
        builder.UseSetting("Runs:Execute", "false");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && data.Exists)
            data.Delete(recursive: true);
    }
}

using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace MiniSora.Web.Tests.Shell;

/// <summary>The real portal with a data folder of its own; nothing runs and nothing is fetched.</summary>
internal sealed class ShellHost(TimeProvider? clock, params (string Name, string Value)[] settings) : WebApplicationFactory<App>
{
    readonly DirectoryInfo data = Directory.CreateTempSubdirectory("minisora-shell-");

    public ShellHost()
        : this(null)
    {
    }

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
        foreach (var (name, value) in settings)
            builder.UseSetting(name, value);
        if (clock is not null)
            builder.ConfigureTestServices(services => services.AddSingleton(clock));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && data.Exists)
            data.Delete(recursive: true);
    }
}

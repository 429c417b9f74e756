using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MiniSora.Web.Account;
using MiniSora.Web.Api;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Tests.Api;

/// <summary>The real portal with members and tokens of its own.</summary>
internal sealed class ApiHost : WebApplicationFactory<App>
{
    private readonly bool execute;
    private readonly (string Name, string Value)[] settings;
    private readonly bool ownsData;
    private readonly bool real;

    /// <param name="execute">Runs execute in this portal.</param>
    /// <param name="port">A real port; null: none, or a free one when runs execute.</param>
    public ApiHost(bool execute = false, int? port = null, DirectoryInfo? data = null, params (string Name, string Value)[] settings)
    {
        (this.execute, this.settings, ownsData) = (execute, settings, data is null);
        Data = data ?? Directory.CreateTempSubdirectory("minisora-api-");
        real = execute || port is not null;
        if (real)
            UseKestrel(port ?? 0);
    }

    public DirectoryInfo Data { get; }

    /// <summary>Where it listens, once it was started.</summary>
    public string Address => Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>A client that speaks with a member's token.</summary>
    public async Task<HttpClient> MemberAsync(string name, params string[] scopes) => With(await TokenAsync(name, scopes.Length == 0 ? [ApiScopes.Read, ApiScopes.Write] : scopes));

    public HttpClient With(string token, string language = "en")
    {
        if (real)
            StartServer();
        var client = CreateClient(new() { AllowAutoRedirect = false, BaseAddress = real ? new Uri(Address) : new Uri("http://localhost") });
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        client.DefaultRequestHeaders.Add("Accept-Language", language);
        return client;
    }

    public async Task<string> TokenAsync(string name, IReadOnlyCollection<string> scopes, TimeSpan? life = null) =>
        Assert.IsType<TokenMade>(await Services.GetRequiredService<ApiTokens>().MakeAsync("test", scopes, life ?? TimeSpan.FromDays(1), await ViewerAsync(name), CancellationToken.None)).Secret;

    /// <summary>The member of that name; made when there is none. "root" is an administrator.</summary>
    public async Task<Viewer> ViewerAsync(string name)
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>().CreateDbContextAsync();
        var member = await db.Users.SingleOrDefaultAsync(user => user.UserName == name);
        if (member is null)
        {
            member = new Member { Id = Guid.NewGuid(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name };
            db.Users.Add(member);
            var role = await db.Roles.SingleAsync(r => r.Name == (name == "root" ? MemberRoles.Administrator : MemberRoles.Member));
            db.UserRoles.Add(new() { UserId = member.Id, RoleId = role.Id });
            await db.SaveChangesAsync();
        }

        return new(member.Id, name == "root", name == "root");
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Local");
        builder.UseSetting("Data", Data.FullName);
        builder.UseSetting("MINISORA_OFFLINE", "1");
        builder.UseSetting("Runs:Starter", "false");
        builder.UseSetting("Runs:Execute", execute ? "true" : "false");
        builder.UseSetting("Runs:MinFreeBytes", "0");
        builder.UseSetting("Datasets:PrepareAtStart", "false");
        foreach (var (name, value) in settings)
            builder.UseSetting(name, value);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && ownsData && Data.Exists)
            Data.Delete(recursive: true);
    }
}

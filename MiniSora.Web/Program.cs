using MiniSora.Jobs.Cli;
using MiniSora.Web;
using MiniSora.Web.Account;
using MiniSora.Web.Datasets;
using MiniSora.Web.Errors;
using MiniSora.Web.Home;
using MiniSora.Web.Localization;
using MiniSora.Web.Security;
using MiniSora.Web.Seeding;
using MiniSora.Web.Theme;
using MudBlazor;
using MudBlazor.Services;

// A verb instead of a portal.
if (args is [SeedCommand.Name, ..])
    return await SeedCommand.RunAsync(args, (options, data, stop) => SeedRun.RunAsync(options, data, TimeProvider.System, stop));

// Once published, the files lie beside the program, from whatever folder it is started: without this the framework's
// scripts would answer 200 with an empty body.
var isPublished = Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = isPublished ? AppContext.BaseDirectory : null });

// Static files: also from a build output outside Development; a published folder ignores it.
builder.WebHost.UseStaticWebAssets();

// Everything behind the pages: storage, identity, runs and their scheduler, gallery, datasets.
builder.AddMiniSoraBackend();

// Languages: resource files, cookie, MudBlazor's own words.
builder.Services.AddPortalLanguages();
builder.Services.AddTransient<MudLocalizer, MudTexts>();

// Pages: static where a page says so, interactive elsewhere.
builder.Services.AddRazorComponents().AddInteractiveServerComponents()
    // A long YAML document or prompt is refused with a sentence, not by closing the circuit at the default of 32 KiB.
    .AddHubOptions(options => options.MaximumReceiveMessageSize = 2 << 20);
builder.Services.AddCascadingAuthenticationState();
builder.Services.AddSingleton<DatasetSamples>();
builder.Services.AddSingleton<PortalActivity>();
builder.Services.AddMudServices(options => options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter);

// Who may do what: schemes and policies come with the backend, the middlewares need the services in any case.
builder.Services.AddAuthentication();
builder.Services.AddAuthorization();

var app = builder.Build();

// The data folder is this process's alone and its database is up to date, or the portal says why not and leaves.
if (await app.PrepareMiniSoraAsync(CancellationToken.None) is { } exitCode)
    return exitCode;

// Headers first, so that refusals and error pages carry them too.
app.UseResponseHeaders();
app.UseSameOriginSockets();
app.UseLeavingSockets();

// Errors in the visitor's language.
app.UseRequestLocalization();
app.UseErrorPages();

// Who asks, and whether they may.
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

// Files, preferences, account, hub and API, pages.
app.MapStaticAssets();
app.MapThemeSheet();
app.MapThemeSwitch();
app.MapLanguageSwitch();
app.MapAccountButtons();
app.MapDatasetClips();
app.MapMiniSoraBackend();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'");

return await app.RunMiniSoraAsync();

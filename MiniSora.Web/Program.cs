using Microsoft.AspNetCore.Components.Authorization;
using MiniSora.Web;
using MiniSora.Web.Errors;
using MiniSora.Web.Localization;
using MiniSora.Web.Security;
using MiniSora.Web.Theme;
using MudBlazor;
using MudBlazor.Services;

var builder = WebApplication.CreateBuilder(args);

// Static files: also from a build output outside Development; a published folder ignores it.
builder.WebHost.UseStaticWebAssets();

// Time: everything that asks for it asks this.
builder.Services.AddSingleton(TimeProvider.System);

// Languages: resource files, cookie, MudBlazor's own words.
builder.Services.AddPortalLanguages();
builder.Services.AddTransient<MudLocalizer, MudTexts>();

// Pages: static by default of the public folders, interactive elsewhere.
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddCascadingAuthenticationState();
builder.Services.AddMudServices(options => options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter);

// Who may do what.
builder.Services.AddAuthentication();
builder.Services.AddAuthorization();

var app = builder.Build();

// Headers first, so that refusals and error pages carry them too.
app.UseResponseHeaders();
app.UseSameOriginSockets();

// Errors in the visitor's language.
app.UseRequestLocalization();
app.UseErrorPages();

app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

// Files, preferences, pages.
app.MapStaticAssets();
app.MapThemeSheet();
app.MapThemeSwitch();
app.MapLanguageSwitch();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'");

app.Run();

using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.RateLimiting;
using MiniSora.Web.Account.External;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Account;

/// <summary>Accounts, cookies, roles, and how often one may knock.</summary>
internal static class IdentitySetup
{
    /// <summary>Forms of the account pages that one address may send per minute, unless <c>RateLimits:AccountPostsPerMinute</c> says otherwise.</summary>
    private const int AccountPostsPerMinute = 30;

    /// <summary>Pages whose forms write something that others read.</summary>
    private static readonly string[] CommunityPaths = ["/gallery", "/collections", "/report", "/papers", "/roundtables", "/me", "/admin/webhooks", "/admin/mail"];

    public static void AddMembers(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddIdentity<Member, IdentityRole<Guid>>(options =>
            {
                // Length is what helps; rules about signs only make people write passwords down.
                options.Password.RequiredLength = 10;
                options.Password.RequireDigit = false;
                options.Password.RequireLowercase = false;
                options.Password.RequireUppercase = false;
                options.Password.RequireNonAlphanumeric = false;
                options.Password.RequiredUniqueChars = 4;
                options.User.RequireUniqueEmail = true;
                options.Lockout.MaxFailedAccessAttempts = 8;
                options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5);
            })
            .AddEntityFrameworkStores<MiniSoraDbContext>()
            .AddClaimsPrincipalFactory<MemberClaims>()
            .AddDefaultTokenProviders();
        services.ConfigureApplicationCookie(options =>
        {
            options.Cookie.Name = "minisora";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.ExpireTimeSpan = TimeSpan.FromDays(14);
            options.SlidingExpiration = true;
            options.LoginPath = "/account/login";
            options.AccessDeniedPath = "/account/login";
            options.ReturnUrlParameter = "returnUrl";
            // A script wants a status, not a page.
            options.Events.OnRedirectToLogin = context => Answer(context, StatusCodes.Status401Unauthorized);
            options.Events.OnRedirectToAccessDenied = context => Answer(context, StatusCodes.Status403Forbidden);
        });
        builder.AddExternalSignIn();
        // A role that was given or taken away counts from the next minute on.
        services.Configure<SecurityStampValidatorOptions>(options => options.ValidationInterval = TimeSpan.FromMinutes(1));
        services.AddAuthorizationBuilder()
            .AddPolicy(MemberRoles.Moderator, policy => policy.RequireRole(MemberRoles.Moderator, MemberRoles.Administrator))
            .AddPolicy(MemberRoles.Administrator, policy => policy.RequireRole(MemberRoles.Administrator));

        var limit = builder.Configuration.GetValue("RateLimits:AccountPostsPerMinute", AccountPostsPerMinute);
        services.AddRateLimiter(options => Limit(options, limit));

        services.AddSingleton<ListeningAddresses>();
        services.AddSingleton(provider => new DemoMember(
            provider.GetRequiredService<IHostEnvironment>(), provider.GetRequiredService<ListeningAddresses>(),
            provider.GetRequiredService<IServiceScopeFactory>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new FirstAdministrator(
            provider.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<MiniSoraDbContext>>(),
            provider.GetRequiredService<IServiceScopeFactory>(), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Makes the roles that are not there yet.</summary>
    public static async Task EnsureRolesAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var roles = scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>();
        foreach (var name in MemberRoles.All)
        {
            if (!await roles.RoleExistsAsync(name))
                IdentityFailure.ThrowUnless(await roles.CreateAsync(new(name)));
        }
    }

    private static void Limit(RateLimiterOptions options, int perMinute)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = (context, _) =>
        {
            if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after))
                context.HttpContext.Response.Headers.RetryAfter = ((int)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return ValueTask.CompletedTask;
        };
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        {
            var request = context.Request;
            var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
            if (HttpMethods.IsPost(request.Method) && request.Path.StartsWithSegments("/account"))
                return Window("account " + address, perMinute);
            if (HttpMethods.IsPost(request.Method) && request.Path.StartsWithSegments("/api"))
                return Window("api " + (context.User.Identity?.Name ?? address), 120);
            if (HttpMethods.IsPost(request.Method) && CommunityPaths.Any(path => request.Path.StartsWithSegments(path)))
                return Window("community " + (context.User.Identity?.Name ?? address), 60);
            return RateLimitPartition.GetNoLimiter("");
        });
    }

    private static RateLimitPartition<string> Window(string key, int perMinute) =>
        RateLimitPartition.GetFixedWindowLimiter(key, _ => new() { PermitLimit = perMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 });

    private static Task Answer(Microsoft.AspNetCore.Authentication.RedirectContext<Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions> context, int status)
    {
        if (context.Request.Path.StartsWithSegments("/api"))
            context.Response.StatusCode = status;
        else
            context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }
}

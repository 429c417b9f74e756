using Hangfire;
using MiniSora.Web.Account;

namespace MiniSora.Web.Admin;

/// <summary>
/// Hangfire's own pages at <c>/hangfire</c>, for administrators. The policy is the endpoint's: it asks who is signed in, not where a request
/// seems to come from, since behind a reverse proxy on the same machine every request seems local.
/// </summary>
internal static class JobsDashboard
{
    public const string Path = "/hangfire";

    public static void MapJobsDashboard(this WebApplication app)
    {
        if (app.Services.GetService<JobStorage>() is not { } storage)
            return;
        app.MapHangfireDashboard(Path, new DashboardOptions { Authorization = [], AppPath = "/admin", DashboardTitle = "MiniSora" }, storage)
            .RequireAuthorization(MemberRoles.Administrator);
    }
}

using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using MiniSora.Web.Account.External;
using MiniSora.Web.Security;

namespace MiniSora.Web.Account;

/// <summary>The account's buttons that have no page of their own. A form parameter makes the framework check the antiforgery token.</summary>
internal static class AccountEndpoints
{
    public static void MapAccountButtons(this IEndpointRouteBuilder routes)
    {
        routes.MapExternalSignIn();
        routes.MapPost("/account/logout", async (SignInManager<Member> signIn, [FromForm] string? returnUrl) =>
        {
            await signIn.SignOutAsync();
            return Results.LocalRedirect(LocalUrl.OrHome(returnUrl));
        });

        routes.MapPost("/account/demo", async (DemoMember demo, SignInManager<Member> signIn, [FromForm] string? returnUrl, CancellationToken cancellationToken) =>
        {
            // The button may be from a page older than the portal's last start.
            if (!demo.IsOffered)
                return Results.NotFound();

            await signIn.SignInAsync(await demo.GetAsync(cancellationToken), isPersistent: true);
            return Results.LocalRedirect(LocalUrl.OrHome(returnUrl));
        });
    }
}

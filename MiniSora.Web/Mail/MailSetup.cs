using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MiniSora.Web.Portals;
using MiniSora.Web.Runs;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Mail;

/// <summary>Mails to members, by the server that the settings name.</summary>
internal static class MailSetup
{
    /// <summary>Every portal takes choices and sends tests; the lead sends what waits, where there is a server.</summary>
    public static void AddMail(this WebApplicationBuilder builder, PortalRole role)
    {
        var services = builder.Services;
        services.AddOptions<MailOptions>().BindConfiguration("Mail").ValidateDataAnnotations()
            .Validate<IConfiguration>(
                (options, configuration) => !options.IsSetUp || configuration["Portal:Address"] is { Length: > 0 },
                "Mail:Host needs Portal:Address, the address that links in mails begin with.")
            .ValidateOnStart();
        services.AddSingleton<MailSender>();
        services.AddSingleton<MailWords>();
        services.AddSingleton<UnsubscribeLinks>();
        services.AddSingleton<ConfirmationLinks>();
        services.AddSingleton<PasswordResets>();
        services.AddSingleton(provider => new MailService(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<RunWriting>(), provider.GetRequiredService<IOptions<MailOptions>>()));
        services.AddSingleton(provider => new MailDesk(
            provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<MailSender>(), provider.GetRequiredService<MailWords>(), provider.GetRequiredService<IOptions<MailOptions>>()));
        if (!string.IsNullOrEmpty(builder.Configuration["Mail:Host"]))
            services.AddHostedService(provider => provider.GetRequiredService<PasswordResets>());
        if (role != PortalRole.Lead || string.IsNullOrEmpty(builder.Configuration["Mail:Host"]))
            return;
        services.AddSingleton<Digests>();
        services.AddSingleton<MailCourier>();
        services.AddHostedService(provider => provider.GetRequiredService<MailCourier>());
    }

    /// <summary>
    /// One click of a mail program (RFC 8058): it sends no cookie and no token of a form, only what the link itself proves, and wants an answer without a redirect.
    /// The page at the same address, for people, asks first, since programs that look for bad links follow all of them.
    /// </summary>
    public static void MapMail(this IEndpointRouteBuilder routes) =>
        routes.MapPost(UnsubscribeLinks.Path + "/{token}", async (string token, UnsubscribeLinks links, MailService mail, HttpContext http, CancellationToken cancellationToken) =>
        {
            if (links.Read(token) is not { } member)
                return Results.NotFound();
            await mail.StopAsync(member, cancellationToken);
            var byPerson = http.Request.HasFormContentType && (await http.Request.ReadFormAsync(cancellationToken)).ContainsKey("person");
            return byPerson ? Results.LocalRedirect(http.Request.Path) : Results.Ok();
        }).DisableAntiforgery().WithOrder(-1);
}

using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using MiniSora.Tests;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Mail;
using MiniSora.Web.Runs;
using MiniSora.Web.Webhooks;

namespace MiniSora.Web.Tests.Mail;

/// <summary>A portal beside a real mail server.</summary>
internal sealed class MailHouse : IAsyncDisposable
{
    public const string Site = "https://minisora.example";

    private MailHouse(SmtpServer server, Backend backend) => (Server, Backend) = (server, backend);

    public SmtpServer Server { get; }

    public Backend Backend { get; }

    public MailService Mail => Backend.Get<MailService>();

    public static (string Name, string Value)[] Settings(SmtpServer server, params (string Name, string Value)[] others) =>
        [("Mail:Host", "127.0.0.1"), ("Mail:Port", $"{server.Port}"), ("Mail:Security", "none"), ("Mail:From", "MiniSora <noreply@minisora.example>"), ("Portal:Address", Site + "/"), .. others];

    public static async Task<MailHouse> StartAsync(SmtpServer? server = null, params (string Name, string Value)[] settings)
    {
        server ??= await SmtpServer.StartAsync();
        return new(server, await Backend.StartAsync(null, Settings(server, settings)));
    }

    public async Task<Viewer> MemberAsync(string name, bool confirmed = true, string? displayName = null, bool administrator = false, string? password = null)
    {
        await using var scope = Backend.Get<IServiceScopeFactory>().CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var address = name + "@example.org";
        var member = new Member { UserName = address, Email = address, EmailConfirmed = confirmed, DisplayName = displayName ?? name, CreatedAt = Backend.Clock.GetUtcNow() };
        IdentityFailure.ThrowUnless(password is null ? await members.CreateAsync(member) : await members.CreateAsync(member, password));
        return new(member.Id, administrator, administrator);
    }

    /// <summary>The account gets another address.</summary>
    public async Task MoveAsync(Viewer viewer, string address)
    {
        await using var scope = Backend.Get<IServiceScopeFactory>().CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = await members.FindByIdAsync(viewer.MemberId!.Value.ToString());
        IdentityFailure.ThrowUnless(await members.SetEmailAsync(member!, address));
    }

    /// <summary>A daily digest at nine in the morning of UTC; the clock begins at noon of Sunday, 22 November 2026.</summary>
    public async Task ChooseAsync(Viewer member, string rhythm = "Daily", string hour = "9", string zone = "UTC", string language = "en", IReadOnlyList<string>? kinds = null) =>
        Assert.Empty(await Mail.SaveAsync(new(rhythm, hour, zone, language, kinds ?? WebhookEvents.OfMember), member, CancellationToken.None));

    public async Task TellAsync(Viewer member, string what, string kind = "comment", string who = "tom", string url = "/gallery/x")
    {
        Backend.Clock.Advance(TimeSpan.FromSeconds(1));
        await Backend.Get<RunWriting>().DoAsync(
            write =>
            {
                NoticeBoard.Tell(write, member.MemberId!.Value, null, kind, who, what, url);
                return Task.CompletedTask;
            },
            CancellationToken.None);
    }

    public Task<int> DeliverAsync() => Backend.Get<MailCourier>().DeliverAsync(CancellationToken.None);

    /// <summary>The time it is then, and what is due by then.</summary>
    public Task<int> DeliverAtAsync(string time)
    {
        Backend.Clock.SetUtcNow(DateTimeOffset.Parse(time + "Z", System.Globalization.CultureInfo.InvariantCulture));
        return DeliverAsync();
    }

    public async Task<Letter> LetterAsync()
    {
        await using var context = await Backend.DbAsync();
        return await context.Set<Letter>().AsNoTracking().SingleAsync();
    }

    public async Task<MailView> ViewAsync(Viewer member) => (await Mail.GetAsync(member, CancellationToken.None))!;

    /// <summary>The path of a mail's link that contains these words, as a browser gets it.</summary>
    public static string Link(MimeMessage message, string part)
    {
        var page = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(message.HtmlBody!);
        var href = page.QuerySelectorAll("a").Select(link => link.GetAttribute("href")!).Single(href => href.Contains(part, StringComparison.Ordinal));
        Assert.StartsWith(Site + "/", href, StringComparison.Ordinal);
        return href[Site.Length..];
    }

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        await Server.DisposeAsync();
    }
}

using System.Globalization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Mail;

/// <summary>
/// Mails for who forgot the password. Whoever asks is answered before anybody looks whether there is such an account: neither words nor time tell it.
/// </summary>
internal sealed partial class PasswordResets(RunWriting writing, IServiceScopeFactory scopes, ILogger<PasswordResets> logger) : BackgroundService
{
    public const string Path = "/account/reset-password";

    /// <summary>Mails to one account within a day.</summary>
    internal const int Most = 5;

    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1), Day = TimeSpan.FromDays(1);

    // What is asked in the moment in which the portal dies is asked again by a person.
    private readonly Channel<(string Address, string Language)> asked = Channel.CreateBounded<(string, string)>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Takes note of an address.</summary>
    public void Ask(string address, string language) => asked.Writer.TryWrite((address, language));

    /// <summary>Leaves a mail for the account with this address, if there is one with a password that did not get too many.</summary>
    public async Task HandleAsync(string address, string language, CancellationToken cancellationToken)
    {
        Guid id;
        await using (var scope = scopes.CreateAsyncScope())
        {
            if (await scope.ServiceProvider.GetRequiredService<UserManager<Member>>().FindByEmailAsync(address.Trim()) is not { IsDemo: false, PasswordHash: not null } member)
                return;
            id = member.Id;
        }

        await writing.DoAsync(
            async write =>
            {
                var since = write.Now - Day;
                var before = await write.Context.Set<Letter>().Where(letter => letter.MemberId == id && letter.Kind == LetterKind.Reset && letter.At > since).Select(letter => letter.At).ToListAsync(cancellationToken);
                var email = await write.Context.Users.Where(member => member.Id == id).Select(member => member.Email).SingleOrDefaultAsync(cancellationToken);
                if (email is null || before.Count >= Most || before.Any(at => write.Now - at < Between))
                    return;
                var letter = Guid.CreateVersion7(write.Now);
                write.Context.Set<Letter>().Add(new() { Id = letter, MemberId = id, Kind = LetterKind.Reset, Key = string.Create(CultureInfo.InvariantCulture, $"reset {letter:N}"), To = email, Language = language, At = write.Now });
            },
            cancellationToken);
    }

    /// <summary>The path of a link: Identity's token, good for a day, until the password is another.</summary>
    public async Task<string> ForAsync(Guid memberId)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = await members.FindByIdAsync(memberId.ToString()) ?? throw new InvalidOperationException($"There is no member {memberId}.");
        return $"{Path}?member={memberId:N}&token={Uri.EscapeDataString(await members.GeneratePasswordResetTokenAsync(member))}";
    }

    /// <summary>Sets another password; who is signed in elsewhere is not any more within a minute. Empty when done, else Identity's codes of all reasons.</summary>
    public async Task<IReadOnlyList<string>> ResetAsync(string? memberId, string? token, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        if (!Guid.TryParse(memberId, out var id) || string.IsNullOrEmpty(token) || await members.FindByIdAsync(id.ToString()) is not { IsDemo: false, PasswordHash: not null } member)
            return ["InvalidToken"];
        return [.. (await members.ResetPasswordAsync(member, token, password)).Errors.Select(error => error.Code).Distinct()];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (address, language) in asked.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await HandleAsync(address, language, stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // The boundary of the service: the next one may ask in better times.
                LogStuck(error);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A mail for a forgotten password could not be left")]
    private partial void LogStuck(Exception error);
}

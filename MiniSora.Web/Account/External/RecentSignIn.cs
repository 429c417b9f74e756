using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace MiniSora.Web.Account.External;

/// <summary>
/// When somebody signed in, for what must not be done at a screen that was left open. The cookie's own time of issue is renewed while pages are looked at.
/// </summary>
internal sealed class RecentSignIn(TimeProvider clock)
{
    /// <summary>How long a sign-in counts as recent.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const string Key = "signed_in_at";

    /// <summary>Notes the time with a new session; a renewed one keeps it.</summary>
    public void Note(AuthenticationProperties session) => session.Items.TryAdd(Key, clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    public async Task<bool> IsAsync(HttpContext http) =>
        (await http.AuthenticateAsync(IdentityConstants.ApplicationScheme)).Properties?.Items.TryGetValue(Key, out var at) == true
        && long.TryParse(at, CultureInfo.InvariantCulture, out var seconds)
        && clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds) < Life;
}

using Microsoft.EntityFrameworkCore;
using MiniSora.Web.Account;
using MiniSora.Web.Api;

namespace MiniSora.Web.Tests.Api;

public class ApiTokensTests
{
    [Fact]
    public async Task Only_a_hash_of_the_secret_is_kept()
    {
        await using var backend = await Backend.StartAsync();
        var made = Assert.IsType<TokenMade>(await backend.Get<ApiTokens>().MakeAsync(" laptop ", [ApiScopes.Read], TimeSpan.FromDays(7), await backend.MemberAsync("mei"), CancellationToken.None));

        await using var db = await backend.DbAsync();
        var kept = await db.ApiTokens.SingleAsync();
        Assert.StartsWith("msr_", made.Secret, StringComparison.Ordinal);
        Assert.True(made.Secret.Length > 40);
        Assert.Equal(("laptop", made.Secret[^4..]), (kept.Name, kept.Hint));
        Assert.DoesNotContain(made.Secret[4..], string.Join(' ', kept.Hash, kept.Hint, kept.Name), StringComparison.Ordinal);
        Assert.Equal("mei", (await backend.Get<ApiTokens>().FindAsync(made.Secret, CancellationToken.None))!.DisplayName);
    }

    [Fact]
    public async Task A_token_is_refused_for_every_reason_at_once()
    {
        await using var backend = await Backend.StartAsync();
        var refused = Assert.IsType<TokenRefused>(await backend.Get<ApiTokens>().MakeAsync("", [ApiScopes.Worker], TimeSpan.FromDays(4000), await backend.MemberAsync("mei"), CancellationToken.None));

        Assert.Equal(["token_name", "token_worker_scope", "token_life"], refused.Reasons.Select(reason => reason.Code));
    }

    [Fact]
    public async Task An_administrator_who_is_none_any_more_has_no_worker_token_any_more()
    {
        await using var backend = await Backend.StartAsync();
        var root = await backend.MemberAsync("root", administrator: true);
        var made = Assert.IsType<TokenMade>(await backend.Get<ApiTokens>().MakeAsync("gpu", [ApiScopes.Worker], TimeSpan.FromDays(7), root, CancellationToken.None));

        var holder = (await backend.Get<ApiTokens>().FindAsync(made.Secret, CancellationToken.None))!;

        // The member of this test was given no role in the database: what the token once was made with does not count.
        Assert.DoesNotContain(MemberRoles.Administrator, holder.Roles);
    }

    [Fact]
    public async Task The_last_use_is_written_down_once_a_minute_and_an_expired_token_is_known_as_such()
    {
        await using var backend = await Backend.StartAsync();
        var (tokens, mei) = (backend.Get<ApiTokens>(), await backend.MemberAsync("mei"));
        var made = Assert.IsType<TokenMade>(await tokens.MakeAsync("x", [ApiScopes.Read], TimeSpan.FromDays(1), mei, CancellationToken.None));
        await tokens.FindAsync(made.Secret, CancellationToken.None);
        var first = (await tokens.ListAsync(mei, CancellationToken.None))[0].LastUsedAt;
        backend.Clock.Advance(TimeSpan.FromSeconds(30));
        await tokens.FindAsync(made.Secret, CancellationToken.None);
        Assert.Equal(first, (await tokens.ListAsync(mei, CancellationToken.None))[0].LastUsedAt);
        backend.Clock.Advance(TimeSpan.FromDays(1));

        Assert.True((await tokens.FindAsync(made.Secret, CancellationToken.None))!.Expired);
        Assert.Equal(first, (await tokens.ListAsync(mei, CancellationToken.None))[0].LastUsedAt);
    }

    [Fact]
    public async Task Nobody_takes_back_somebody_elses_token()
    {
        await using var backend = await Backend.StartAsync();
        var (tokens, mei) = (backend.Get<ApiTokens>(), await backend.MemberAsync("mei"));
        var made = Assert.IsType<TokenMade>(await tokens.MakeAsync("x", [ApiScopes.Read], TimeSpan.FromDays(1), mei, CancellationToken.None));

        Assert.Equal("not_found", (await tokens.RevokeAsync(made.Token.Id, await backend.MemberAsync("tom"), CancellationToken.None))?.Code);
        Assert.Null(await tokens.RevokeAsync(made.Token.Id, mei, CancellationToken.None));
        Assert.Null(await tokens.FindAsync(made.Secret, CancellationToken.None));
    }
}

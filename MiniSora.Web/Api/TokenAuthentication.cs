using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using MiniSora.Web.Account;

namespace MiniSora.Web.Api;

/// <summary>
/// Requests with <c>Authorization: Bearer msr_…</c>. A hub's socket may carry the token as <c>access_token</c> in its address, since a
/// browser's socket has no headers. Cookies count for nothing here, so no other site can make a browser act.
/// </summary>
internal sealed class TokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Name = "Token";

    private string problem = "token_missing";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var secret = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim()
            : Request.Path.StartsWithSegments("/hubs") ? Request.Query["access_token"].ToString() : "";
        if (secret.Length == 0)
            return AuthenticateResult.NoResult();
        var holder = await tokens.FindAsync(secret, Context.RequestAborted);
        if (holder is null or { Expired: true })
        {
            problem = holder is null ? "token_invalid" : "token_expired";
            return AuthenticateResult.Fail(problem);
        }

        var identity = new ClaimsIdentity(Name, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new(ClaimTypes.NameIdentifier, holder.OwnerId.ToString()));
        identity.AddClaim(new(ClaimTypes.Name, holder.UserName));
        identity.AddClaim(new(MemberClaims.DisplayName, holder.DisplayName));
        identity.AddClaim(new("token", holder.Token.Id.ToString()));
        identity.AddClaims(holder.Roles.Select(role => new Claim(ClaimTypes.Role, role)));
        var administrator = holder.Roles.Contains(MemberRoles.Administrator);
        identity.AddClaims(holder.Token.Scopes.Where(scope => scope != ApiScopes.Worker || administrator).Select(scope => new Claim(ApiScopes.Claim, scope)));
        return AuthenticateResult.Success(new(new(identity), Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers[HeaderNames.WWWAuthenticate] = problem == "token_missing" ? "Bearer" : "Bearer error=\"invalid_token\"";
        return ApiProblems.WriteAsync(Context, StatusCodes.Status401Unauthorized, [new(problem)]);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer error=\"insufficient_scope\"";
        var has = string.Join(", ", Context.User.FindAll(ApiScopes.Claim).Select(claim => claim.Value));
        var needed = Context.GetEndpoint()?.Metadata.GetMetadata<NeededScope>()?.Scope ?? "";
        return ApiProblems.WriteAsync(Context, StatusCodes.Status403Forbidden, [new("scope_missing", ("needed", needed), ("has", has))]);
    }
}

/// <summary>The scope that an endpoint asks for, for whoever is refused.</summary>
internal sealed record NeededScope(string Scope);

using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.EntityFrameworkCore;
using Microsoft.OpenApi;
using MiniSora.Web.Storage;

namespace MiniSora.Web.Api;

/// <summary>Composition of the HTTP API: tokens, problem documents, the description at <c>/openapi/v1.json</c>.</summary>
internal static class ApiSetup
{
    public static void AddApi(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ApiTokens(provider.GetRequiredService<IDbContextFactory<MiniSoraDbContext>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RunFollower>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Name, null);
        services.AddExceptionHandler<ApiFaults>();
        services.AddOpenApi("v1", options =>
        {
            options.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
            options.AddDocumentTransformer(Describe);
        });
    }

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "MiniSora",
            Version = "v1",
            Description = "Submit, follow and steer runs of small video diffusion models, and fetch what they made. Every refusal is an application/problem+json document with all reasons, each with a stable code.",
        };
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["token"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = string.Create(CultureInfo.InvariantCulture, $"A token of the page /me/tokens; it begins with {ApiTokens.Prefix}. Scopes: {string.Join(", ", ApiScopes.All)}."),
            },
        };
        document.Security = [new() { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
        return Task.CompletedTask;
    }
}

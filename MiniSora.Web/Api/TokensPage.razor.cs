using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MiniSora.Web.Account;
using MiniSora.Web.Runs;
using MiniSora.Web.Runs.Details;
using MudBlazor;

namespace MiniSora.Web.Api;

/// <summary>A member's tokens: make one, see it once, take it back.</summary>
public sealed partial class TokensPage : IDisposable
{
    private static readonly int[] Lives = [7, 30, 90, 365];

    private readonly CancellationTokenSource life = new();
    private readonly HashSet<string> scopes = [ApiScopes.Read, ApiScopes.Write];
    private Viewer viewer = Viewer.Visitor;
    private IReadOnlyList<ApiTokenView>? tokens;
    private IReadOnlyList<string> errors = [];
    private TokenMade? made;
    private string name = "";
    private int days = 90;

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        viewer = Viewer.From((await Authentication).User);
        tokens = await Tokens.ListAsync(viewer, life.Token);
    }

    public void Dispose()
    {
        life.Cancel();
        life.Dispose();
    }

    private void Choose(string scope, bool chosen)
    {
        if (chosen)
            scopes.Add(scope);
        else
            scopes.Remove(scope);
    }

    private async Task MakeAsync()
    {
        var result = await Tokens.MakeAsync(name, scopes, TimeSpan.FromDays(days), viewer, life.Token);
        (made, errors) = (result as TokenMade, result is TokenRefused refused ? [.. refused.Reasons.Select(reason => RefusalTexts.Of(reason))] : []);
        if (made is not null)
            name = "";
        tokens = await Tokens.ListAsync(viewer, life.Token);
    }

    private async Task RevokeAsync(ApiTokenView token)
    {
        var question = new DialogParameters<ConfirmDialog>
        {
            { dialog => dialog.Title, T["Tokens.RevokeTitle", token.Name].Value },
            { dialog => dialog.Text, T["Tokens.RevokeText"].Value },
            { dialog => dialog.Do, T["Tokens.Revoke"].Value },
            { dialog => dialog.Keep, T["Tokens.Keep"].Value },
        };
        var asked = await Dialogs.ShowAsync<ConfirmDialog>(null, question);
        if (await asked.Result is not { Canceled: false })
            return;
        if (made?.Token.Id == token.Id)
            made = null;
        await Tokens.RevokeAsync(token.Id, viewer, life.Token);
        tokens = await Tokens.ListAsync(viewer, life.Token);
    }
}

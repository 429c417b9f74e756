namespace MiniSora.Web.Security;

/// <summary>
/// Circuits, hubs and event streams let go when the portal leaves. SignalR closes the connections it knows at that moment; one that opens in the same moment
/// is missed, and Kestrel would wait for it until the host's patience (a minute) ends, and every run process with it.
/// </summary>
internal static class LeavingSockets
{
    // Enough for SignalR's own farewell, by which a page learns that it may come back.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    public static void UseLeavingSockets(this WebApplication app) => app.Use(async (http, next) =>
    {
        if (!SameOrigin.IsConnection(http.Request.Path) && !http.Request.Headers.Accept.Contains("text/event-stream"))
        {
            await next(http);
            return;
        }

        // A registration on a token that has fired already runs at once: no moment is left between the two.
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        using var stopping = app.Lifetime.ApplicationStopping.Register(() => connection.CancelAfter(Farewell));
        using var abort = connection.Token.Register(http.Abort);
        await next(http);
    });
}

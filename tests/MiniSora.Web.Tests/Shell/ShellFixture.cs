namespace MiniSora.Web.Tests.Shell;

/// <summary>One portal for the tests that only read: each asks a different page and changes nothing.</summary>
public sealed class ShellFixture : IDisposable
{
    readonly ShellHost host = new();

    internal HttpClient Visitor(string? acceptLanguage = null) => host.Visitor(acceptLanguage);

    public void Dispose() => host.Dispose();
}

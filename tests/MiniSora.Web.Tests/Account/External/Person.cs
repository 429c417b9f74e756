using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using MiniSora.Web.Tests.Shell;

namespace MiniSora.Web.Tests.Account.External;

/// <summary>Somebody with a browser: one at the portal, and the same one's cookies at the provider.</summary>
internal sealed class Person : IDisposable
{
    private readonly CookieContainer cookies = new();
    private readonly HttpClient provider;

    public Person(ShellHost portal, string? language = null)
    {
        Portal = portal.Visitor(language);
        provider = new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = cookies });
    }

    public HttpClient Portal { get; }

    /// <summary>From the portal's button to where the portal sends them in the end: the provider's form is filled with a name when it shows one.</summary>
    public async Task<HttpResponseMessage> ContinueAsync(string name, string returnUrl = "/gallery") => await ArriveAsync(await ToProviderAsync(name, returnUrl));

    /// <summary>The address that the provider sends the browser back to.</summary>
    public async Task<string> ToProviderAsync(string name, string returnUrl = "/gallery")
    {
        var answer = await Portal.GetAsync("/account/external/lab?returnUrl=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return await SignInAtProviderAsync(answer.Headers.Location!, name);
    }

    /// <summary>The same from the provider's first page on.</summary>
    public async Task<string> SignInAtProviderAsync(Uri address, string name) =>
        await AtProviderAsync(address, page =>
        {
            AskedForName = true;
            return new(HttpMethod.Post, page.QuerySelector("form")!.GetAttribute("action")) { Content = new FormUrlEncodedContent([new("prompt", "login"), new("login", name), new("password", "any")]) };
        });

    /// <summary>The provider does not know any more who this was.</summary>
    public void ForgetProvider()
    {
        foreach (Cookie cookie in cookies.GetAllCookies())
            cookie.Expired = true;
    }

    /// <summary>Goes to the provider and presses its "Abort".</summary>
    public async Task<HttpResponseMessage> CancelAsync()
    {
        var answer = await Portal.GetAsync("/account/external/lab?returnUrl=%2Fgallery");
        return await ArriveAsync(await AtProviderAsync(answer.Headers.Location!, page => new(HttpMethod.Get, page.QuerySelector("a[href*='abort']")!.GetAttribute("href"))));
    }

    /// <summary>Follows the portal's own redirects up to its first page.</summary>
    public async Task<HttpResponseMessage> ArriveAsync(string address)
    {
        var answer = await Portal.GetAsync(address);
        while (answer.StatusCode == HttpStatusCode.Redirect)
        {
            // Nothing leads to another site from here.
            Assert.True(new Uri(Portal.BaseAddress!, answer.Headers.Location!).Authority == Portal.BaseAddress!.Authority, $"{answer.Headers.Location}");
            answer = await Portal.GetAsync(answer.Headers.Location);
        }

        return answer;
    }

    /// <summary>Fills and sends a form of a page, as a browser does: with its hidden fields.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpResponseMessage page, string handler, params (string Name, string Value)[] fields)
    {
        var answer = await PostAsync(page, handler, fields);
        return answer.StatusCode == HttpStatusCode.Redirect ? await ArriveAsync(answer.Headers.Location!.OriginalString) : answer;
    }

    /// <summary>The password's way in.</summary>
    public async Task<HttpResponseMessage> RegisterAsync(string email, string name = "Someone") =>
        await SendAsync(await Portal.GetAsync("/account/register?returnUrl=%2Fgallery"), "register", ("Form.DisplayName", name), ("Form.Email", email), ("Form.Password", Password));

    public const string Password = "correct horse battery";

    public async Task<HttpResponseMessage> SignInAsync(string email) =>
        await SendAsync(await Portal.GetAsync("/account/login?returnUrl=%2Fgallery"), "login", ("Form.Email", email), ("Form.Password", Password));

    public async Task SignOutAsync()
    {
        var page = await ReadAsync(await Portal.GetAsync("/gallery"));
        var form = page.QuerySelector("form[action='/account/logout']")!;
        await Portal.PostAsync("/account/logout", new FormUrlEncodedContent([new("__RequestVerificationToken", form.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!)]));
    }

    /// <summary>The name in the menu; null when nobody is signed in.</summary>
    public async Task<string?> WhoAsync() => (await ReadAsync(await Portal.GetAsync("/gallery"))).QuerySelector(".menu-name")?.TextContent;

    /// <summary>Whether the provider showed its form on the last way.</summary>
    public bool AskedForName { get; private set; }

    public static async Task<IHtmlDocument> ReadAsync(HttpResponseMessage answer) => await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());

    public static async Task<string> ErrorsAsync(HttpResponseMessage answer) => string.Join('\n', (await ReadAsync(answer)).QuerySelectorAll("[role=alert] p").Select(reason => reason.TextContent));

    public void Dispose()
    {
        provider.Dispose();
        Portal.Dispose();
    }

    public async Task<HttpResponseMessage> PostAsync(HttpResponseMessage page, string handler, params (string Name, string Value)[] fields)
    {
        var form = (await ReadAsync(page)).QuerySelector($"input[name=_handler][value='{handler}']")!.Closest("form")!;
        var sent = form.QuerySelectorAll("input[type=hidden]").Select(hidden => new KeyValuePair<string, string>(hidden.GetAttribute("name")!, hidden.GetAttribute("value") ?? ""))
            .Concat(fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value)));
        return await Portal.PostAsync(page.RequestMessage!.RequestUri!.PathAndQuery, new FormUrlEncodedContent(sent));
    }

    // The provider's pages up to the way back.
    private async Task<string> AtProviderAsync(Uri address, Func<IHtmlDocument, HttpRequestMessage> answerForm)
    {
        AskedForName = false;
        var home = address.Authority;
        var answer = await provider.GetAsync(address);
        for (var step = 0; step < 10; step++)
        {
            if (answer.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.SeeOther)
            {
                address = new(address, answer.Headers.Location!);
                if (address.Authority != home)
                    return address.PathAndQuery;
                answer = await provider.GetAsync(address);
                continue;
            }

            Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            using var request = answerForm(await ReadAsync(answer));
            request.RequestUri = address = new(address, request.RequestUri!);
            answer = await provider.SendAsync(request);
        }

        throw new InvalidOperationException("The provider does not let go.");
    }
}

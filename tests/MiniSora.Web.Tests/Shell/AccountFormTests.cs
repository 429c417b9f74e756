using System.Net;
using AngleSharp.Html.Parser;

namespace MiniSora.Web.Tests.Shell;

public sealed class AccountFormTests
{
    [Fact]
    public async Task Somebody_new_gets_an_account_and_is_sent_where_they_wanted_to_go()
    {
        using var portal = new ShellHost();
        var visitor = portal.Visitor();

        var answer = await SendAsync(visitor, "/account/register?returnUrl=%2Fgallery", new()
        {
            ["Form.DisplayName"] = "林晓",
            ["Form.Email"] = "lin@example.org",
            ["Form.Password"] = "correct horse battery",
        });

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.EndsWith("/gallery", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains("林晓", WebUtility.HtmlDecode(await visitor.GetStringAsync("/gallery")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_reasons_against_a_new_account_are_shown_at_once()
    {
        using var portal = new ShellHost();

        var answer = await SendAsync(portal.Visitor(), "/account/register", new()
        {
            ["Form.DisplayName"] = " ",
            ["Form.Email"] = "nobody",
            ["Form.Password"] = "abc",
        });

        var page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        Assert.InRange(page.QuerySelectorAll("[role=alert] p").Length, 3, 5);
    }

    [Fact]
    public async Task A_wrong_password_says_so_without_saying_which_part_was_wrong()
    {
        using var portal = new ShellHost();
        var visitor = portal.Visitor("zh-CN");

        var answer = await SendAsync(visitor, "/account/login", new() { ["Form.Email"] = "lin@example.org", ["Form.Password"] = "wrong" });

        Assert.Contains("邮箱或密码不正确", WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/account/logout")]
    [InlineData("/account/demo")]
    [InlineData("/account/login")]
    public async Task A_form_from_another_site_is_refused(string address)
    {
        using var portal = new ShellHost();

        var answer = await portal.Visitor().PostAsync(address, new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "login" }));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    /// <summary>Fills the first form of a page that has an e-mail field and sends it, as a browser does: with its hidden fields.</summary>
    static async Task<HttpResponseMessage> SendAsync(HttpClient visitor, string address, Dictionary<string, string> fields)
    {
        var page = await new HtmlParser().ParseDocumentAsync(await visitor.GetStringAsync(address));
        var form = page.QuerySelector("input[name='Form.Email']")!.Closest("form")!;
        foreach (var hidden in form.QuerySelectorAll("input[type=hidden]"))
            fields[hidden.GetAttribute("name")!] = hidden.GetAttribute("value") ?? "";

        return await visitor.PostAsync(form.GetAttribute("action") is { Length: > 0 } action ? action : address, new FormUrlEncodedContent(fields));
    }
}

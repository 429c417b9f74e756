using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;
using MimeKit;
using MiniSora.Web.Account;
using MiniSora.Web.Account.Notices;
using MiniSora.Web.Portals;

namespace MiniSora.Web.Mail;

/// <summary>Marks the resource files of the mails.</summary>
internal sealed class MailTexts;

/// <summary>Writes mails: as text and as plain HTML that asks nobody for anything. Every name and title is somebody's own words and goes in encoded.</summary>
internal sealed class MailWords(IStringLocalizer<MailTexts> texts, IStringLocalizer<AccountTexts> notices, IOptions<MailOptions> options, IOptions<PortalAddress> address)
{
    /// <summary>Notices of one digest; the others are counted.</summary>
    internal const int MostListed = 50;

    private string Site => address.Value.Or("");

    /// <summary>Asks whether the address is the member's.</summary>
    /// <param name="path">The page that confirms it.</param>
    public MimeMessage Confirmation(Letter letter, string name, string path) => In(letter.Language, () =>
    {
        var link = Site + path;
        var body = new MailBody(letter.Language).Say(texts["Confirm.Hello", name]).Say(texts["Confirm.Text"]).Link(texts["Confirm.Do"], link).Whisper(texts["Confirm.NotYou"]);
        return Message(letter, name, texts["Confirm.Subject"], body);
    });

    /// <summary>Lets somebody choose another password.</summary>
    /// <param name="path">The page that takes it.</param>
    public MimeMessage Reset(Letter letter, string name, string path) => In(letter.Language, () => Message(
        letter, name, texts["Reset.Subject"],
        new MailBody(letter.Language).Say(texts["Confirm.Hello", name]).Say(texts["Reset.Text"]).Link(texts["Reset.Title"], Site + path).Whisper(texts["Reset.NotYou"])));

    /// <summary>Says what is new.</summary>
    /// <param name="news">The newest first, at most <see cref="MostListed"/>.</param>
    /// <param name="count">How many there are with those that are not listed.</param>
    /// <param name="stop">The path that ends the digest, without signing in.</param>
    public MimeMessage Digest(Letter letter, string name, MailChoice choice, IReadOnlyList<Notice> news, int count, string stop) => In(letter.Language, () =>
    {
        var zone = DigestTimes.Zone(choice.Zone);
        var subject = texts[count == 1 ? "Digest.Subject.One" : "Digest.Subject", count].Value;
        var body = new MailBody(letter.Language).Say(texts["Digest.Hello", name]);
        foreach (var notice in news)
        {
            var at = TimeZoneInfo.ConvertTime(notice.At, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            body.Item(notices["Notice." + notice.Kind, notice.Who, notice.What], Site + notice.Url, at);
        }

        if (count > news.Count)
            body.Say(texts["Digest.More", count - news.Count]);
        body.Link(texts["Digest.All"], Site + "/me/notices");
        body.Whisper(texts[choice.Rhythm == DigestRhythm.Weekly ? "Digest.Why.Weekly" : "Digest.Why.Daily"]).SmallLink(texts["Digest.Change"], Site + "/me/mail").SmallLink(texts["Digest.Stop"], Site + stop);
        var message = Message(letter, name, subject, body);
        // RFC 8058: the mail program's own button.
        message.Headers.Add(HeaderId.ListUnsubscribe, $"<{Site}{stop}>");
        message.Headers.Add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        return message;
    });

    /// <summary>A mail that says that it is a test.</summary>
    public MimeMessage Test(string to, string name, string language) => In(language, () => Message(
        new() { Id = Guid.NewGuid(), To = to, Language = language }, name, texts["Test.Subject"],
        new MailBody(language).Say(texts["Test.Text"]).Link(texts["Test.Do"], Site + "/admin/mail")));

    private MimeMessage Message(Letter letter, string name, string subject, MailBody body)
    {
        var (from, to) = (options.Value.Sender, MailboxAddress.Parse(letter.To));
        to.Name = MailLine.Plain(name);
        var message = new MimeMessage
        {
            Subject = subject,
            Body = new BodyBuilder { TextBody = body.Text, HtmlBody = body.Html }.ToMessageBody(),
            // The same however often it is tried, and without the name of this machine.
            MessageId = $"{letter.Id:N}@{from.Domain}",
        };
        message.From.Add(from);
        message.To.Add(to);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add(HeaderId.ContentLanguage, letter.Language);
        return message;
    }

    private static T In<T>(string language, Func<T> write)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            return write();
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }
}

/// <summary>A mail's words twice: as text and as HTML. Styles stand at their elements, since mail programs drop the others.</summary>
internal sealed class MailBody(string language)
{
    private readonly StringBuilder text = new();
    private readonly StringBuilder html = new();

    public string Text => text.ToString();

    public string Html =>
        $"<!DOCTYPE html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"></head>"
        + "<body style=\"margin:0;padding:24px 16px;font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif\"><div style=\"max-width:560px;margin:0 auto\">"
        + $"<p style=\"margin:0 0 20px;font-weight:700\">MiniSora</p>{html}</div></body></html>\n";

    public MailBody Say(string words) => Add(words, $"<p style=\"margin:0 0 16px\">{Encoded(words)}</p>");

    public MailBody Whisper(string words) => Add(words, $"<p style=\"margin:28px 0 4px;font-size:13px;opacity:.75\">{Encoded(words)}</p>");

    public MailBody Link(string words, string url) =>
        Add($"{Plain(words)}:\r\n{url}", $"<p style=\"margin:0 0 16px\"><a href=\"{Encoded(url)}\" style=\"display:inline-block;padding:8px 16px;border:1px solid;border-radius:8px;font-weight:600\">{Encoded(words)}</a></p>", plain: false);

    public MailBody SmallLink(string words, string url) => Add($"{Plain(words)}:\r\n{url}", $"<p style=\"margin:0 0 4px;font-size:13px;opacity:.75\"><a href=\"{Encoded(url)}\">{Encoded(words)}</a></p>", plain: false);

    public MailBody Item(string words, string url, string beside) =>
        Add($"* {Plain(words)} ({beside})\r\n  {url}", $"<p style=\"margin:0 0 12px\"><a href=\"{Encoded(url)}\">{Encoded(words)}</a><br><span style=\"font-size:13px;opacity:.75\">{Encoded(beside)}</span></p>", plain: false);

    private MailBody Add(string words, string markup, bool plain = true)
    {
        text.Append(plain ? Plain(words) : words).Append("\r\n\r\n");
        html.Append(markup).Append("\r\n");
        return this;
    }

    private static string Encoded(string words) => WebUtility.HtmlEncode(Plain(words));

    // A title with line breaks could write lines of its own.
    private static string Plain(string words) => new([.. words.Select(c => char.IsControl(c) ? ' ' : c)]);
}

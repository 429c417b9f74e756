using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.Extensions.Localization;
using MiniSora.Web.Account;
using MiniSora.Web.Gallery;
using MiniSora.Web.Localization;
using MiniSora.Web.Papers;
using MiniSora.Web.Prose;
using MiniSora.Web.Roundtables;

namespace MiniSora.Web.Feeds;

/// <summary>Gallery, papers and roundtables for feed readers (RSS 2.0), in the language the reader asks for.</summary>
internal static class FeedEndpoints
{
    private const int Entries = 30;

    private sealed record Entry(string Title, string Path, string Text, DateTimeOffset? At);

    public static void MapFeeds(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/gallery.rss", async (GalleryService gallery, IStringLocalizer<Texts> texts, HttpContext http, CancellationToken cancellationToken) =>
        {
            var page = await gallery.ListAsync(null, null, Entries, cancellationToken);
            return Feed(http, texts["Nav.Gallery"], "/gallery", page.Posts.Select(post => new Entry(post.Title, "/gallery/" + post.Slug, $"{post.AuthorName}: {post.Prompt}", post.CreatedAt)));
        });
        routes.MapGet("/papers.rss", async (PaperService papers, IStringLocalizer<Texts> texts, HttpContext http, CancellationToken cancellationToken) =>
        {
            var entries = new List<Entry>();
            foreach (var row in await papers.ListAsync(null, null, cancellationToken))
            {
                if (await papers.GetAsync(row.Slug, Viewer.Visitor, cancellationToken) is { } paper)
                    entries.Add(new(paper.Title, "/papers/" + row.Slug, ProseText.Plain(paper.Summary, 400), paper.Notes.Select(note => note.UpdatedAt).Append(paper.Paper.CreatedAt).Max()));
            }

            return Feed(http, texts["Nav.Papers"], "/papers", entries.OrderByDescending(entry => entry.At).Take(Entries));
        });
        routes.MapGet("/roundtables.rss", async (RoundtableService roundtables, IStringLocalizer<Texts> texts, HttpContext http, CancellationToken cancellationToken) =>
        {
            var rows = await roundtables.ListAsync(Viewer.Visitor, cancellationToken);
            return Feed(http, texts["Nav.Roundtables"], "/roundtables", rows.Take(Entries).Select(row => new Entry(row.Shown, "/roundtables/" + row.Slug, row.PresenterName, row.StartsAt)));
        });
    }

    private static IResult Feed(HttpContext http, string title, string page, IEnumerable<Entry> entries)
    {
        var root = $"{http.Request.Scheme}://{http.Request.Host}";
        using var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new() { Encoding = new UTF8Encoding(false), Indent = true }))
        {
            xml.WriteStartElement("rss");
            xml.WriteAttributeString("version", "2.0");
            xml.WriteStartElement("channel");
            xml.WriteElementString("title", $"MiniSora · {title}");
            xml.WriteElementString("link", root + page);
            xml.WriteElementString("description", title);
            xml.WriteElementString("language", Cultures.IsChinese ? Cultures.Chinese : Cultures.English);
            foreach (var entry in entries)
            {
                xml.WriteStartElement("item");
                xml.WriteElementString("title", Allowed(entry.Title));
                xml.WriteElementString("link", root + entry.Path);
                xml.WriteElementString("guid", root + entry.Path);
                xml.WriteElementString("description", Allowed(entry.Text));
                if (entry.At is { } at)
                    xml.WriteElementString("pubDate", at.UtcDateTime.ToString("r", CultureInfo.InvariantCulture));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        http.Response.Headers.Vary = "Accept-Language, Cookie";
        return Results.Bytes(bytes.ToArray(), "application/rss+xml; charset=utf-8");
    }

    // XML has no way to say some characters that a text of a member may contain.
    private static string Allowed(string text) => string.Concat(text.Where(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)));
}

using System.Text;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace MiniSora.Web.Prose;

/// <summary>
/// Markdown of members as HTML that is safe to show: HTML in it is shown as text, links lead to web pages, mail addresses or pages of
/// this portal, pictures become links. <c>$x$</c> and <c>$$x$$</c> are formulas, which <c>js/formulas.js</c> draws.
/// </summary>
internal static class ProseText
{
    /// <summary>Headings of a text start below those of the page around it.</summary>
    private const int PageHeadings = 2;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .DisableHtml()
        .UsePipeTables()
        .UseAutoLinks()
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .UseTaskLists()
        .UseMathematics()
        .Build();

    /// <summary>The HTML of a text.</summary>
    public static string Html(string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var heading in document.Descendants<HeadingBlock>())
            heading.Level = Math.Min(6, heading.Level + PageHeadings);
        foreach (var link in document.Descendants<LinkInline>().ToList())
            Tame(link);
        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (!IsHarmless(link.IsEmail ? "mailto:" + link.Url : link.Url))
                link.ReplaceBy(new LiteralInline(link.Url));
            else
                Mark(link);
        }

        using var writer = new StringWriter();
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.Render(document);
        return writer.ToString();
    }

    /// <summary>The words of a text without its marks, at most <paramref name="longest"/> characters: for previews and feeds.</summary>
    public static string Plain(string markdown, int longest)
    {
        var text = new StringBuilder();
        foreach (var part in Markdown.Parse(markdown, Pipeline).Descendants())
        {
            if (part is LiteralInline literal)
                text.Append(literal.Content.AsSpan());
            else if (part is CodeInline code)
                text.Append(code.Content);
            else if (part is LineBreakInline or ParagraphBlock or HeadingBlock && text.Length > 0)
                text.Append(' ');
        }

        return text.Length <= longest ? text.ToString().Trim() : text.ToString(0, longest).Trim() + "…";
    }

    /// <summary>Whether a link may lead there: no scheme that runs anything, and no other site's address written like a path.</summary>
    internal static bool IsHarmless(string? url) =>
        !string.IsNullOrWhiteSpace(url)
        && (url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || url[0] == '#'
            || (url[0] == '/' && (url.Length == 1 || url[1] is not ('/' or '\\'))));

    private static void Tame(LinkInline link)
    {
        var url = link.GetDynamicUrl?.Invoke() ?? link.Url;
        if (!IsHarmless(url))
        {
            // The words stay, the link goes.
            link.ReplaceBy(new LiteralInline(string.Concat(link.Descendants<LiteralInline>().Select(part => part.Content.ToString()))));
            return;
        }

        link.IsImage = false;
        if (link.FirstChild is null)
            link.AppendChild(new LiteralInline(url!));
        Mark(link);
    }

    // Readers and search engines are told that a member, not the portal, put the link there.
    private static void Mark(MarkdownObject link) => link.GetAttributes().AddPropertyIfNotExist("rel", "nofollow ugc noopener");
}

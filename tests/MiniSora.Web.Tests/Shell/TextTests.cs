using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MiniSora.Web.Tests.Shell;

/// <summary>Reads the resource files and pages as text: what is missing in one language is found without opening a page.</summary>
public sealed partial class TextTests
{
    static readonly string Web = Path.Combine(Repository(), "MiniSora.Web");

    public static TheoryData<string> ResourceFiles =>
        [.. Sources("*.resx").Where(file => !file.EndsWith(".zh-CN.resx", StringComparison.Ordinal)).Select(file => Path.GetRelativePath(Web, file))];

    public static TheoryData<string> Pages => [.. Sources("*.razor").Select(file => Path.GetRelativePath(Web, file))];

    [Theory]
    [MemberData(nameof(ResourceFiles))]
    public void Every_text_exists_in_English_and_Chinese_with_the_same_placeholders(string file)
    {
        var english = Texts(Path.Combine(Web, file));
        var chinese = Texts(Path.Combine(Web, Path.ChangeExtension(file, ".zh-CN.resx")));

        Assert.Equal(english.Keys.Order(), chinese.Keys.Order());
        Assert.All(english, text =>
        {
            Assert.NotEmpty(text.Value);
            Assert.NotEmpty(chinese[text.Key]);
            Assert.Equal(Placeholders(text.Value), Placeholders(chinese[text.Key]));
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_asks_only_for_texts_that_exist(string file)
    {
        var source = File.ReadAllText(Path.Combine(Web, file));
        foreach (Match inject in Injected().Matches(source))
        {
            var texts = Sources(inject.Groups["type"].Value + ".resx").Select(Texts).SingleOrDefault();
            Assert.True(texts is not null, $"{file} injects texts without a resource file: {inject.Groups["type"].Value}");
            var asked = Regex.Matches(source, $@"\b{inject.Groups["name"].Value}\[""(?<key>[^""]+)""(?!\s*\+)[\],]").Select(match => match.Groups["key"].Value);
            Assert.All(asked, key => Assert.True(texts.ContainsKey(key), $"{file} asks for {key}"));
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_has_no_text_of_its_own(string file)
    {
        var source = Comments().Replace(File.ReadAllText(Path.Combine(Web, file)), "");
        source = CodeBlock().Replace(source, "");
        source = Directives().Replace(source, "");

        var words = BetweenTags().Matches(source).Select(match => match.Groups["text"].Value.Trim())
            .Where(text => Word().IsMatch(text) && !Untranslated.Contains(text));
        Assert.Empty(words);
        var labels = Labels().Matches(source).Select(match => match.Groups["text"].Value).Where(text => Word().IsMatch(text) && !Untranslated.Contains(text));
        Assert.Empty(labels);
    }

    // Names, codes and commands that read the same in every language.
    static readonly HashSet<string> Untranslated = ["MiniSora", "EN", "UTC", "YAML", "SHA-256", "· MiniSora", "./minisora data import my-clips /path/to/folder --frames 16 --size 32"];

    static SortedDictionary<string, string> Texts(string file) =>
        new(XDocument.Load(file).Root!.Elements("data").ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value), StringComparer.Ordinal);

    static IEnumerable<string> Placeholders(string text) => Regex.Matches(text, @"\{\w+").Select(match => match.Value).Distinct().Order(StringComparer.Ordinal);

    static IEnumerable<string> Sources(string pattern) =>
        Directory.EnumerateFiles(Web, pattern, SearchOption.AllDirectories).Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MiniSora.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run the tests from inside the repository.");
        return folder;
    }

    [GeneratedRegex(@"@inject\s+IStringLocalizer<(?:[\w.]+\.)?(?<type>\w+)>\s+(?<name>\w+)")]
    private static partial Regex Injected();

    [GeneratedRegex(@"@\*.*?\*@|<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"^@code\b.*", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    // The name of what is injected stands behind a type's ">".
    [GeneratedRegex(@"^@(?:inject|inherits|implements)\b.*$", RegexOptions.Multiline)]
    private static partial Regex Directives();

    // Between the end of an HTML tag and the next one, on one line, without Razor in it.
    [GeneratedRegex(@"</?[a-zA-Z][^<>@]*(?<!=)>(?<text>[^<>@{}()=;]+)<")]
    private static partial Regex BetweenTags();

    [GeneratedRegex(@"\b(?:aria-label|placeholder|title|Label|HelperText|Placeholder)=""(?<text>[^""@]+)""")]
    private static partial Regex Labels();

    [GeneratedRegex(@"\p{L}{2,}")]
    private static partial Regex Word();
}

using System.Collections;
using System.Globalization;
using System.Resources;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.RunsUi;

public sealed class RunTextsTests
{
    private static readonly ResourceManager Resources = new("MiniSora.Web.Runs.RunTexts", typeof(RunTexts).Assembly);

    [Fact]
    public void Both_languages_have_the_same_keys_and_placeholders()
    {
        var english = Read(CultureInfo.InvariantCulture);
        var chinese = Read(CultureInfo.GetCultureInfo("zh-CN"));

        Assert.NotEmpty(english);
        Assert.Equal(english.Keys.Order(), chinese.Keys.Order());
        Assert.All(english, pair => Assert.Equal(Placeholders(pair.Value), Placeholders(chinese[pair.Key])));
    }

    [Fact]
    public void Every_state_and_kind_has_a_word()
    {
        var keys = Read(CultureInfo.InvariantCulture).Keys.ToHashSet();

        Assert.All(Enum.GetValues<RunState>(), state => Assert.Contains($"State.{state}", keys));
        Assert.All(Enum.GetValues<RunKind>(), kind => Assert.Contains($"Kind.{kind}", keys));
        Assert.All(Enum.GetValues<Jobs.Runs.StopRequest>(), request => Assert.Contains($"Stopping.{request}", keys));
    }

    private static int Placeholders(string text) => Enumerable.Range(0, 4).Count(i => text.Contains($"{{{i}}}", StringComparison.Ordinal));

    private static Dictionary<string, string> Read(CultureInfo culture) =>
        Resources.GetResourceSet(culture, createIfNotExists: true, tryParents: false)!
            .Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
}

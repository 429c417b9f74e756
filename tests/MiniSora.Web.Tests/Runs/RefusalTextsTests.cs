using System.Collections;
using System.Globalization;
using System.Resources;
using MiniSora.Web.Runs;

namespace MiniSora.Web.Tests.Runs;

public sealed class RefusalTextsTests
{
    [Fact]
    public void Every_refusal_reads_in_both_languages()
    {
        var resources = new ResourceManager("MiniSora.Web.Runs.RefusalTexts", typeof(RefusalTexts).Assembly);
        Assert.Equal(Keys(resources, CultureInfo.InvariantCulture), Keys(resources, CultureInfo.GetCultureInfo("zh-CN")));
        Assert.Equal("请先登录。", RefusalTexts.Of(new("not_signed_in"), CultureInfo.GetCultureInfo("zh-CN")));
    }

    private static IEnumerable<string> Keys(ResourceManager resources, CultureInfo culture) =>
        resources.GetResourceSet(culture, createIfNotExists: true, tryParents: false)!.Cast<DictionaryEntry>().Select(e => (string)e.Key).Order(StringComparer.Ordinal);
}

using System.Globalization;
using MiniSora.Web.Localization;

namespace MiniSora.Web.Tests.Shell;

public sealed class ReaderLanguageTests
{
    [Fact]
    public void What_renders_after_an_event_of_another_thread_speaks_the_readers_language()
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new("zh-CN");
        var reader = new ReaderLanguage();
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new("en");

        reader.Speak();

        Assert.Equal(("zh-CN", "zh-CN"), (CultureInfo.CurrentCulture.Name, CultureInfo.CurrentUICulture.Name));
    }
}

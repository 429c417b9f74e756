using System.Globalization;

namespace MiniSora.Web.Localization;

/// <summary>
/// The language of the reader of an interactive page, taken when the page is made. An event of the portal arrives on the thread
/// that raised it, which speaks the portal's language: whatever renders because of one calls <see cref="Speak"/> first.
/// </summary>
internal sealed class ReaderLanguage
{
    private readonly CultureInfo formats = CultureInfo.CurrentCulture;
    private readonly CultureInfo words = CultureInfo.CurrentUICulture;

    /// <summary>From here on, in this flow of control, texts and numbers are the reader's.</summary>
    public void Speak() => (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (formats, words);
}

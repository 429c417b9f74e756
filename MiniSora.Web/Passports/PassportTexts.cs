namespace MiniSora.Web.Passports;

/// <summary>Marks the resource files of the page that verifies videos.</summary>
internal sealed class PassportTexts;

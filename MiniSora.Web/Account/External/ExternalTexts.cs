namespace MiniSora.Web.Account.External;

/// <summary>Marks the resource files of signing in with accounts of elsewhere.</summary>
internal sealed class ExternalTexts;

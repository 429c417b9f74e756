namespace MiniSora.Web.Account;

/// <summary>Marks the resource files of the account pages.</summary>
internal sealed class AccountTexts;

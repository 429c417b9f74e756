namespace MiniSora.Web.Capsules;

/// <summary>Marks the resource files of capsules.</summary>
internal sealed class CapsuleTexts;

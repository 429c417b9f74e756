namespace MiniSora.Web.Models;

/// <summary>Texts of the pages of models.</summary>
internal sealed class ModelTexts;

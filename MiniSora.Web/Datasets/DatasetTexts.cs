namespace MiniSora.Web.Datasets;

/// <summary>Marks the resource files of the datasets page.</summary>
internal sealed class DatasetTexts;

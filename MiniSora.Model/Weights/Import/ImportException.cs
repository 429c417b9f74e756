namespace MiniSora.Model.Weights.Import;

/// <summary>Published weights that cannot be brought over. Codes: see <see cref="Codes"/>.</summary>
public sealed class ImportException(string code, string message, params (string Name, string Value)[] arguments) : Exception(message)
{
    /// <summary>Stable code.</summary>
    public string Code { get; } = code;

    /// <summary>Named values of the sentence.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; } = arguments.ToDictionary(pair => pair.Name, pair => pair.Value);

    /// <summary>
    /// <c>import_keys</c> (kind, detail: what is missing, unexpected or of another shape), <c>import_size</c> (wanted, found), <c>import_heads</c> (width),
    /// <c>import_text</c>, <c>import_codec</c> (channels, wanted), <c>import_config</c> (detail), <c>import_classes</c> (count, wanted).
    /// </summary>
    public static IReadOnlyList<string> Codes { get; } =
        ["import_keys", "import_size", "import_heads", "import_text", "import_codec", "import_config", "import_classes"];
}

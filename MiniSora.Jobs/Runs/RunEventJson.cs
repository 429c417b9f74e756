using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MiniSora.Jobs.Runs;

/// <summary>A line of the protocol as text.</summary>
public static class RunEventJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A diverging run reports NaN and infinity as what they are.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>One line without its end.</summary>
    public static string Write(RunEvent runEvent) => JsonSerializer.Serialize(runEvent, Options);

    /// <summary>The event of a line. Throws <see cref="JsonException"/> for anything else.</summary>
    public static RunEvent Read(string line) =>
        JsonSerializer.Deserialize<RunEvent>(line, Options) ?? throw new JsonException("The line holds no event.");
}

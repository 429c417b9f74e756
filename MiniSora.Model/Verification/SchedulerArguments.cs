using System.Text.Json;
using MiniSora.Model.Solvers.Discrete;

namespace MiniSora.Model.Verification;

/// <summary>
/// Keyword arguments of a scheduler class as recorded. Each must be asked for: <see cref="Done"/> fails on any that nobody knows, so that no
/// option is passed over in silence.
/// </summary>
internal sealed class SchedulerArguments
{
    private readonly string owner;
    private readonly Dictionary<string, JsonElement> values;
    private readonly HashSet<string> asked = [];

    public SchedulerArguments(string owner, JsonElement arguments)
    {
        this.owner = owner;
        values = arguments.ValueKind == JsonValueKind.Object ? arguments.EnumerateObject().ToDictionary(item => item.Name, item => item.Value) : [];
    }

    /// <summary>A number, or the default when it is absent or null.</summary>
    public double Number(string name, double otherwise) => Find(name) is { } value ? value.GetDouble() : otherwise;

    /// <summary>A number or null.</summary>
    public double? Number(string name) => Find(name)?.GetDouble();

    /// <summary>A whole number.</summary>
    public int Whole(string name, int otherwise) => Find(name) is { } value ? value.GetInt32() : otherwise;

    /// <summary>true or false.</summary>
    public bool Flag(string name, bool otherwise) => Find(name) is { } value ? value.GetBoolean() : otherwise;

    /// <summary>One of a few words.</summary>
    public T Choice<T>(string name, string otherwise, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var word = Find(name) is { } value ? value.GetString() : otherwise;
        foreach (var (known, meaning) in choices)
        {
            if (known == word)
                return meaning;
        }

        throw new FixtureException($"{owner}: {name} = {word} is not known here");
    }

    /// <summary>A list of numbers, or null.</summary>
    public IReadOnlyList<double>? Numbers(string name) => Find(name)?.EnumerateArray().Select(value => value.GetDouble()).ToArray();

    /// <summary>Known to change no number.</summary>
    public void Ignore(string name) => Find(name);

    /// <summary>Fails if an argument was not asked for.</summary>
    public void Done()
    {
        var unknown = values.Keys.Except(asked).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new FixtureException($"{owner} has no option {string.Join(", ", unknown)} here");
    }

    private JsonElement? Find(string name)
    {
        asked.Add(name);
        return values.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }
}

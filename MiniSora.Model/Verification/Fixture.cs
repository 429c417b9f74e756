using System.Text.Json;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Verification;

/// <summary>
/// One opened file of fixtures. Names without a known prefix are weights, under exactly the names of the original state dict;
/// <c>in.</c> inputs, <c>rec.</c> recorded draws, <c>mid.</c> intermediate values, <c>out.</c>, <c>grad.</c>, <c>final.</c>, <c>ema.</c> results.
/// Inputs are handed out on the device of the verification, in the file's type.
/// </summary>
internal sealed class Fixture : IDisposable
{
    private static readonly string[] Results = ["out.", "grad.", "final.", "ema."];
    private static readonly string[] Prefixes = ["in.", "rec.", "mid.", .. Results];
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly JsonDocument? json;

    /// <param name="folder">Of the manifest.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="placement">Device and arithmetic.</param>
    /// <param name="roundWeights">Whether weights are rounded to bf16 before they are used: how much that alone changes says what bf16 may change.</param>
    public Fixture(string folder, FixtureEntry entry, Placement placement, bool roundWeights = false)
    {
        Entry = entry;
        Placement = placement;
        var path = Path.Combine(folder, entry.File);
        if (!File.Exists(path))
            throw new FixtureException($"{entry.File} is missing");
        if (entry.IsJson)
        {
            json = JsonDocument.Parse(File.ReadAllBytes(path));
            return;
        }

        using var file = SafeTensors.Open(path);
        foreach (var name in file.Entries.Keys)
            tensors[name] = (roundWeights && !Prefixes.Any(known => name.StartsWith(known, StringComparison.Ordinal)) ? Rounded(file.Read(name)) : file.Read(name)).DetachFromDisposeScope();
    }

    private static Tensor Rounded(Tensor weight)
    {
        if (!weight.is_floating_point())
            return weight;
        using var whole = weight;
        using var half = whole.to_type(ScalarType.BFloat16);
        return half.to_type(whole.dtype);
    }

    /// <summary>What the manifest says.</summary>
    public FixtureEntry Entry { get; }

    /// <summary>Device and arithmetic asked for.</summary>
    public Placement Placement { get; }

    /// <summary>Constructor arguments and cases.</summary>
    public JsonElement Config => Entry.Config;

    /// <summary>Content of a layout file.</summary>
    public JsonElement Json => json?.RootElement ?? throw new FixtureException($"{Entry.File} is no JSON layout");

    /// <summary>Names that must be reproduced.</summary>
    public IEnumerable<string> ResultNames => tensors.Keys.Where(name => Results.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>Whether the file has a tensor of this full name.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Full names that begin so, in ordinal order.</summary>
    public IReadOnlyList<string> Names(string prefix) => [.. tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A tensor by its full name (<c>in.x</c>) on the device, in the file's type; belongs to the current dispose scope.</summary>
    public Tensor this[string name] => Stored(name).to(Placement.Device, copy: true);

    /// <summary>As it lies in the file, on the CPU; owned by the fixture.</summary>
    public Tensor Stored(string name) => tensors.TryGetValue(name, out var tensor) ? tensor : throw new FixtureException($"{Entry.File} has no tensor {name}");

    /// <summary>Weights whose name begins with <paramref name="prefix"/>, by the rest of their name; owned by the fixture.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights(string prefix = "") => tensors
        .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && !Prefixes.Any(known => pair.Key.StartsWith(known, StringComparison.Ordinal)))
        .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    /// <summary>The flat buffer of a network from the file's weights, on the device, float32; see <see cref="ParameterLayout.Pack"/>.</summary>
    public Tensor Pack(ParameterLayout layout, string prefix = "")
    {
        using var flat = layout.Pack(Weights(prefix));
        return flat.to(Placement.Device, copy: true);
    }

    /// <summary>The views of a forward pass in the arithmetic asked for, of weights that need no gradient; belongs to the current dispose scope.</summary>
    public ParameterViews Views(ParameterLayout layout, string prefix = "") => new(layout, Pack(layout, prefix), Placement.Compute);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        json?.Dispose();
    }
}

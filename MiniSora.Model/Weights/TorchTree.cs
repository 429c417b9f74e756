using System.Globalization;

namespace MiniSora.Model.Weights;

/// <summary>
/// Finds the tensors in what a pickle describes. Dictionaries, lists and tuples are walked, their keys joined by dots; whatever
/// else there is (arguments of a training script, numbers, foreign objects) is listed as skipped.
/// </summary>
internal sealed class TorchTree
{
    /// <summary>Where the originals' loaders look for weights, best first: averaged weights before the last ones.</summary>
    private static readonly string[] Preferred = ["ema", "model_ema", "state_dict_ema", "model", "state_dict", "module"];

    private readonly string path;
    private readonly TorchTensorReader reader;
    private readonly List<(string Name, TorchTensor Tensor)> tensors = [];
    private readonly List<SkippedValue> skipped = [];
    private int skippedMore;
    private int visits;

    private TorchTree(string path)
    {
        this.path = path;
        reader = new TorchTensorReader(path);
    }

    /// <summary>Tensors below the root, by name without the root's.</summary>
    internal IReadOnlyList<(string Name, TorchTensor Tensor)> Tensors => tensors;

    /// <summary>What is no tensor, or lies outside the root.</summary>
    internal IReadOnlyList<SkippedValue> Skipped =>
        skippedMore == 0 ? skipped : [.. skipped, new SkippedValue("…", $"{skippedMore} more")];

    /// <summary>Keys at the top under which there are tensors.</summary>
    internal IReadOnlyList<string> Roots { get; private set; } = [];

    /// <summary>The root taken; empty: everything.</summary>
    internal string Root { get; private set; } = "";

    /// <param name="path">Named in errors.</param>
    /// <param name="value">What the pickle describes.</param>
    /// <param name="root">Keys joined by dots, or empty for everything, or null to choose as the originals do.</param>
    internal static TorchTree Read(string path, PickleNode value, string? root)
    {
        var tree = new TorchTree(path);
        var top = tree.Children(value) ?? [];
        tree.Roots = [.. top.Where(child => tree.Children(child.Value) is not null && tree.HasTensors(child.Key, child.Value, 0)).Select(child => child.Key).Distinct()];
        tree.Root = root ?? Preferred.FirstOrDefault(tree.Roots.Contains) ?? "";
        var taken = value;
        foreach (var key in tree.Root.Length == 0 ? [] : tree.Root.Split('.'))
        {
            var children = tree.Children(taken) ?? [];
            taken = children.FirstOrDefault(child => child.Key == key).Value
                ?? throw tree.Refused(TorchFileError.Root, $"there is no \"{PickleText.Clean(tree.Root)}\" in it; there are tensors under: {string.Join(", ", tree.Roots.Take(20).Select(PickleText.Clean))}.");
            foreach (var (other, node) in children.Where(child => child.Key != key)) tree.Skip(other, $"outside \"{tree.Root}\": {Describe(node)}");
        }

        tree.Walk("", taken, 0);
        if (tree.tensors.Count == 0)
            throw tree.Refused(TorchFileError.NoTensors, $"{(tree.Root.Length == 0 ? "it" : $"\"{PickleText.Clean(tree.Root)}\"")} has no tensors; it is {Describe(taken)}.");
        return tree;
    }

    private void Walk(string name, PickleNode node, int depth)
    {
        Visit(depth);
        if (Children(node) is { } children)
        {
            foreach (var (key, child) in children) Walk(name.Length == 0 ? key : Joined(name, key), child, depth + 1);
            return;
        }

        if (reader.Tensor(node, name) is { } tensor) tensors.Add((name.Length == 0 ? "tensor" : name, tensor));
        else Skip(name, Describe(node));
    }

    private bool HasTensors(string name, PickleNode node, int depth)
    {
        Visit(depth);
        return Children(node) is { } children
            ? children.Any(child => HasTensors(child.Key, child.Value, depth + 1))
            : reader.Tensor(node, name) is not null;
    }

    private void Visit(int depth)
    {
        if (depth > PickleLimits.Depth) throw Refused(TorchFileError.Nesting, $"its content nests deeper than {PickleLimits.Depth} levels, or within itself.");
        if (++visits > PickleLimits.Visits) throw Refused(TorchFileError.TooLarge, $"its content has more than {PickleLimits.Visits} values.");
    }

    /// <summary>Named children of a dictionary or of a list that holds more than numbers; null for everything else.</summary>
    private List<(string Key, PickleNode Value)>? Children(PickleNode node)
    {
        switch (node)
        {
            case PickleDictionary dictionary: return Named(dictionary.Items);
            case PickleCall { Function: "collections.OrderedDict" or "collections.defaultdict" or "builtins.dict" or "__builtin__.dict" } call:
                return Named([.. PairsOf(call.Argument(0)), .. call.Pairs ?? []]);
            case PickleList list when list.Items.Exists(Holds): return Numbered(list.Items);
            case PickleTuple tuple when Array.Exists(tuple.Items, Holds): return Numbered(tuple.Items);
            default: return null;
        }
    }

    private static bool Holds(PickleNode node) => node is PickleDictionary or PickleList or PickleTuple or PickleCall;

    private static List<(string Key, PickleNode Value)> Numbered(IReadOnlyList<PickleNode> items) =>
        [.. items.Select((item, i) => (i.ToString(CultureInfo.InvariantCulture), item))];

    private List<(string Key, PickleNode Value)> Named(List<(PickleNode Key, PickleNode Value)> pairs)
    {
        // The limit on visits holds for what is copied here too: one dictionary of a million entries in a thousand places.
        if ((visits += pairs.Count / 4) > PickleLimits.Visits) throw Refused(TorchFileError.TooLarge, $"its content has more than {PickleLimits.Visits} values.");
        var named = new List<(string, PickleNode)>(pairs.Count);
        foreach (var (key, value) in pairs)
        {
            if (key is PickleAtom { Value: string text }) named.Add((Joined("", text), value));
            else if (key is PickleAtom { Value: long number }) named.Add((number.ToString(CultureInfo.InvariantCulture), value));
            else Skip(Describe(key), $"under a key that is no text: {Describe(value)}");
        }

        return named;
    }

    /// <summary>Python 2 gives an ordered dictionary its content as a list of pairs.</summary>
    private static IEnumerable<(PickleNode, PickleNode)> PairsOf(PickleNode? node) => node is not PickleList list
        ? []
        : list.Items.Select(item => item switch
        {
            PickleList { Items: [var key, var value] } => (key, value),
            PickleTuple { Items: [var key, var value] } => (key, value),
            _ => (item, item),
        });

    private string Joined(string name, string key)
    {
        if (name.Length + key.Length >= PickleLimits.NameLength) throw Refused(TorchFileError.TooLarge, $"a name is longer than {PickleLimits.NameLength} characters.");
        return name.Length == 0 ? key : $"{name}.{key}";
    }

    private void Skip(string name, string what)
    {
        if (skipped.Count < PickleLimits.Skipped) skipped.Add(new SkippedValue(PickleText.Clean(name), what));
        else skippedMore++;
    }

    private static string Describe(PickleNode node) => node switch
    {
        PickleAtom { Value: null } => "nothing",
        PickleAtom { Value: string } => "a text",
        PickleAtom { Value: byte[] } => "bytes",
        PickleAtom { Value: bool } => "a truth value",
        PickleAtom => "a number",
        PickleList list => $"a list of {list.Items.Count}",
        PickleTuple tuple => $"a list of {tuple.Items.Length}",
        PickleDictionary dictionary => $"a dictionary of {dictionary.Items.Count}",
        PickleGlobal function => $"the name {PickleText.Clean(function.FullName)}",
        PickleCall { Function: "copyreg._reconstructor" or "copy_reg._reconstructor" } call when call.Argument(0) is PickleGlobal type => $"an object of {PickleText.Clean(type.FullName)}, not built",
        PickleCall call => $"an object of {PickleText.Clean(call.Function ?? "a computed class")}, not built",
        _ => "a reference",
    };

    private TorchFileException Refused(TorchFileError error, string detail) => new(error, path, detail);
}

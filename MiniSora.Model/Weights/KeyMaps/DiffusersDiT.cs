using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Weights.KeyMaps;

/// <summary>
/// State dicts of diffusers' DiT (<c>facebook/DiT-XL-2-256</c>, file <c>transformer/diffusion_pytorch_model</c>) to and from the published
/// layout. diffusers splits queries, keys and values, repeats the embedders of time and label in every block and leaves the table of
/// positions out.
/// </summary>
internal static class DiffusersDiT
{
    private const string Positions = "pos_embed";
    private const string Patches = "x_embedder.proj.weight";

    private enum Relation
    {
        Same,
        Copies,
        Stacked,
    }

    private sealed record Row(string Published, IReadOnlyList<string> Diffusers, Relation Relation);

    /// <summary>Whether these are keys of this layout.</summary>
    public static bool Matches(IEnumerable<string> keys)
    {
        var found = keys.Where(key => key is "proj_out_2.weight" or "transformer_blocks.0.norm1.linear.weight" or "transformer_blocks.0.attn1.to_q.weight").Distinct();
        return found.Count() == 3;
    }

    /// <summary>
    /// The published layout; new tensors, in the caller's dispose scope. <paramref name="inputSize"/>: edge of the latent image, for the table of
    /// positions. Throws <see cref="StateDictException"/> for missing, unexpected or contradicting entries.
    /// </summary>
    public static Dictionary<string, Tensor> ToPublished(IReadOnlyDictionary<string, Tensor> state, int inputSize)
    {
        var rows = Rows(Depth(state.Keys, "transformer_blocks."), state.Keys.Any(key => key.Contains(".class_embedder.", StringComparison.Ordinal)));
        Check(state, [.. rows.SelectMany(row => row.Diffusers)]);
        using var _ = no_grad();
        var published = new Dictionary<string, Tensor>();
        var contradicting = new List<string>();
        foreach (var row in rows)
        {
            if (row.Relation == Relation.Copies && row.Diffusers.Skip(1).FirstOrDefault(key => !Same(state[key], state[row.Diffusers[0]])) is { } other)
                contradicting.Add($"{other} differs from {row.Diffusers[0]}");
            published[row.Published] = row.Relation == Relation.Stacked ? cat([.. row.Diffusers.Select(key => state[key])], 0) : state[row.Diffusers[0]].clone();
        }

        if (contradicting.Count > 0)
            throw new StateDictException([], [], contradicting);
        var (width, patch) = ((int)published[Patches].shape[0], (int)published[Patches].shape[2]);
        var grid = inputSize / patch;
        published[Positions] = tensor(SinCosPositions.ToSingle(SinCosPositions.Grid(grid, grid, width))).view(1, grid * grid, width);
        return published;
    }

    /// <summary>The layout of diffusers; new tensors, in the caller's dispose scope. Throws <see cref="StateDictException"/> for missing or unexpected entries.</summary>
    public static Dictionary<string, Tensor> FromPublished(IReadOnlyDictionary<string, Tensor> state)
    {
        var rows = Rows(Depth(state.Keys, "blocks."), state.ContainsKey("y_embedder.embedding_table.weight"));
        Check(state, [.. rows.Select(row => row.Published), Positions]);
        using var _ = no_grad();
        var diffusers = new Dictionary<string, Tensor>();
        foreach (var row in rows)
        {
            var parts = row.Relation == Relation.Stacked
                ? state[row.Published].chunk(row.Diffusers.Count, 0)
                : [.. row.Diffusers.Select(_ => state[row.Published])];
            for (var i = 0; i < parts.Length; i++)
                diffusers[row.Diffusers[i]] = parts[i].clone();
        }

        return diffusers;
    }

    /// <summary>Where a published tensor comes from, for reports; the table of positions is computed.</summary>
    public static string SourceOf(string published)
    {
        if (published == Positions)
            return "computed";
        var parts = published.Split('.');
        var depth = parts[0] == "blocks" ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) + 1 : 1;
        return string.Join(" + ", Rows(depth, labels: true).First(row => row.Published == published).Diffusers);
    }

    private static List<Row> Rows(int depth, bool labels)
    {
        var rows = new List<Row>();
        void Add(Relation relation, string published, params IEnumerable<string> diffusers)
        {
            foreach (var part in new[] { "weight", "bias" })
                rows.Add(new Row($"{published}.{part}", [.. diffusers.Select(name => $"{name}.{part}")], relation));
        }

        IEnumerable<string> InBlocks(string name) => Enumerable.Range(0, depth).Select(i => $"transformer_blocks.{i}.norm1.emb.{name}");
        Add(Relation.Same, "x_embedder.proj", "pos_embed.proj");
        Add(Relation.Copies, "t_embedder.mlp.0", InBlocks("timestep_embedder.linear_1"));
        Add(Relation.Copies, "t_embedder.mlp.2", InBlocks("timestep_embedder.linear_2"));
        if (labels)
            rows.Add(new Row("y_embedder.embedding_table.weight", [.. InBlocks("class_embedder.embedding_table.weight")], Relation.Copies));
        for (var i = 0; i < depth; i++)
        {
            var (ours, theirs) = ($"blocks.{i}", $"transformer_blocks.{i}");
            Add(Relation.Stacked, $"{ours}.attn.qkv", $"{theirs}.attn1.to_q", $"{theirs}.attn1.to_k", $"{theirs}.attn1.to_v");
            Add(Relation.Same, $"{ours}.attn.proj", $"{theirs}.attn1.to_out.0");
            Add(Relation.Same, $"{ours}.mlp.fc1", $"{theirs}.ff.net.0.proj");
            Add(Relation.Same, $"{ours}.mlp.fc2", $"{theirs}.ff.net.2");
            Add(Relation.Same, $"{ours}.adaLN_modulation.1", $"{theirs}.norm1.linear");
        }

        Add(Relation.Same, "final_layer.linear", "proj_out_2");
        Add(Relation.Same, "final_layer.adaLN_modulation.1", "proj_out_1");
        return rows;
    }

    private static int Depth(IEnumerable<string> keys, string prefix) => keys
        .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
        .Select(key => key[prefix.Length..].Split('.')[0]).Distinct().Count();

    private static void Check(IReadOnlyDictionary<string, Tensor> state, List<string> wanted)
    {
        var missing = wanted.Where(key => !state.ContainsKey(key)).ToList();
        var unexpected = state.Keys.Except(wanted).Order(StringComparer.Ordinal).ToList();
        if (missing.Count + unexpected.Count > 0)
            throw new StateDictException(missing, unexpected, []);
    }

    private static bool Same(Tensor a, Tensor b)
    {
        if (!a.shape.SequenceEqual(b.shape))
            return false;
        using var equal = a.eq(b).all();
        return equal.ToBoolean();
    }
}

using System.Text.Json;

namespace MiniSora.Model.Weights;

/// <summary>
/// Weights in several files beside an index, as huggingface/transformers writes them: <c>{"weight_map": {"tensor": "file"}}</c>.
/// The files may be of any format that is not itself an index.
/// </summary>
internal static class ShardIndex
{
    private const long LargestIndex = 16 << 20;
    private const int MostShards = 1_000;

    internal static WeightFile Open(string path)
    {
        var map = Map(path);
        var shards = new Dictionary<string, WeightFile>();
        try
        {
            var names = map.Values.Distinct().ToList();
            if (names.Count > MostShards) throw new WeightSetException(WeightSetError.Index, path, $"an index of {names.Count} files is impossible.");
            foreach (var name in names) shards.Add(name, OpenShard(path, name));
            var entries = map.Select(item => shards[item.Value].Entries.TryGetValue(item.Key, out var entry)
                ? entry
                : throw new WeightSetException(WeightSetError.Missing, path, $"the tensor \"{PickleText.Clean(item.Key)}\" is not in {item.Value}.")).ToList();
            return new WeightFile(path, WeightFormat.Sharded, entries, name => shards[map[name]].Read(name), [.. shards.Values])
            {
                Skipped = [.. shards.SelectMany(shard => shard.Value.Skipped.Concat(
                    shard.Value.Entries.Keys.Where(name => map.GetValueOrDefault(name) != shard.Key).Select(name => new SkippedValue(name, $"in {shard.Key}, not in the index")))).Take(PickleLimits.Skipped)],
            };
        }
        catch
        {
            foreach (var shard in shards.Values) shard.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> Map(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > LargestIndex) throw new WeightSetException(WeightSetError.Index, path, $"an index of {file.Length} bytes is impossible.");
            using var json = JsonDocument.Parse(file, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (!json.RootElement.TryGetProperty("weight_map", out var map))
                throw new WeightSetException(WeightSetError.Index, path, "it has no weight_map: this is no index of weights.");
            return map.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString() ?? "");
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new WeightSetException(WeightSetError.Index, path, $"the index cannot be read: {wrong.Message}");
        }
    }

    private static WeightFile OpenShard(string path, string name)
    {
        // A neighbour's plain name: an index must not reach into other folders.
        if (name.Length is 0 or > 255 || name is "." or ".." || name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c)))
            throw new WeightSetException(WeightSetError.Shard, path, $"\"{PickleText.Clean(name)}\" is no name of a file beside the index.");
        var shard = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, name);
        if (!File.Exists(shard)) throw new WeightSetException(WeightSetError.Shard, path, $"{name} is missing.");
        if (WeightFormats.Of(shard) == WeightFormat.Sharded) throw new WeightSetException(WeightSetError.Shard, path, $"{name} is itself an index.");
        return WeightFile.Open(shard, root: null, unwrap: false);
    }
}

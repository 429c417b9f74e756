using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Datasets;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Text;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// What a checkpoint says about itself in <c>__metadata__</c>; every key begins with <c>minisora.</c> but those that other
/// parts of the product read: <c>spec</c>, <c>step</c>, <c>vocabulary</c>, <c>software</c>.
/// </summary>
internal sealed record CheckpointDescription
{
    /// <summary>Changes when older files can no longer be read.</summary>
    public const string CurrentFormat = "1";

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public required string Spec { get; init; }
    public required string Software { get; init; }
    public required long Step { get; init; }
    public required long Updates { get; init; }

    /// <summary>Updates of its optimizer, fewer than <see cref="Updates"/> where a run took over averages and no optimizer.</summary>
    public long OptimizerUpdates { get; init; }

    /// <summary>The step at which the run began that wrote it.</summary>
    public long StartStep { get; init; }

    public required ulong Seed { get; init; }
    public required BackboneOptions Model { get; init; }
    public required CodecOptions Codec { get; init; }
    public required ObjectiveOptions Objective { get; init; }
    public required IReadOnlyList<double> EmaWidths { get; init; }

    /// <summary>Decay of one more average, after those of the widths; 0: there is none.</summary>
    public double EmaDecay { get; init; }

    /// <summary>Names of the dataset's classes; empty unless the network is told them.</summary>
    public IReadOnlyList<Caption> Classes { get; init; } = [];

    /// <summary>Averages by what a sampler calls them.</summary>
    public IReadOnlyList<double> Averages => new TrainingOptions { EmaWidths = EmaWidths, EmaDecay = EmaDecay }.Averages;

    /// <summary>Sizes of a cascade; null for every other network.</summary>
    public CascadeOptions? Cascade { get; init; }

    public required ScalarType Compute { get; init; }
    public required ClipSize Size { get; init; }
    /// <summary>Further sizes of clips that it was trained on.</summary>
    public IReadOnlyList<ClipSize> Buckets { get; init; } = [];

    public required string Dataset { get; init; }
    public required string Fingerprint { get; init; }
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary><c>fp32</c> or <c>bf16</c>.</summary>
    public static string NameOf(ScalarType type) => type == ScalarType.BFloat16 ? "bf16" : "fp32";

    public static CheckpointDescription Of(TrainerSetup setup, Vocabulary vocabulary, long step, long updates, ScalarType compute) => new()
    {
        Spec = setup.SpecText,
        Software = setup.SoftwareVersion,
        Step = step,
        Updates = updates,
        OptimizerUpdates = updates,
        Seed = setup.Seed,
        Model = setup.Model,
        Codec = setup.Codec,
        Objective = setup.Objective,
        EmaWidths = setup.Training.EmaWidths,
        EmaDecay = setup.Model.Network == NetworkKind.Cascade ? 0 : setup.Training.EmaDecay,
        Cascade = setup.Model.Network == NetworkKind.Cascade ? setup.Cascade : null,
        Classes = VideoSystem.ReadsClasses(setup.Model) ? setup.Dataset.Classes : [],
        Compute = compute,
        Size = new ClipSize(setup.Dataset.Frames, setup.Dataset.Height, setup.Dataset.Width),
        Dataset = setup.Dataset.Id,
        Fingerprint = setup.Fingerprint,
        Buckets = [.. setup.Buckets.Select(bucket => new ClipSize(bucket.Dataset.Frames, bucket.Dataset.Height, bucket.Dataset.Width))],
        Words = vocabulary.Words,
    };

    public Dictionary<string, string> ToMetadata()
    {
        var metadata = Common();
        if (Cascade is not null)
            metadata["minisora.cascade"] = JsonSerializer.Serialize(Cascade, Json);
        return metadata;
    }

    private Dictionary<string, string> Common() => new()
    {
        ["minisora.format"] = CurrentFormat,
        ["spec"] = Spec,
        ["software"] = Software,
        ["step"] = Step.ToString(CultureInfo.InvariantCulture),
        ["vocabulary"] = JsonSerializer.Serialize(Words, Json),
        ["minisora.updates"] = Updates.ToString(CultureInfo.InvariantCulture),
        ["minisora.optimizer_updates"] = OptimizerUpdates.ToString(CultureInfo.InvariantCulture),
        ["minisora.start_step"] = StartStep.ToString(CultureInfo.InvariantCulture),
        ["minisora.seed"] = Seed.ToString(CultureInfo.InvariantCulture),
        ["minisora.model"] = JsonSerializer.Serialize(Model, Json),
        ["minisora.codec"] = JsonSerializer.Serialize(Codec, Json),
        ["minisora.objective"] = JsonSerializer.Serialize(Objective, Json),
        ["minisora.ema_widths"] = JsonSerializer.Serialize(EmaWidths, Json),
        ["minisora.ema_decay"] = EmaDecay.ToString("R", CultureInfo.InvariantCulture),
        ["minisora.classes"] = JsonSerializer.Serialize(Classes, Json),
        ["minisora.precision"] = NameOf(Compute),
        ["minisora.size"] = JsonSerializer.Serialize(Size, Json),
        ["minisora.buckets"] = JsonSerializer.Serialize(Buckets, Json),
        ["minisora.dataset"] = Dataset,
        ["minisora.fingerprint"] = Fingerprint,
    };

    /// <summary>
    /// Throws <see cref="CheckpointException"/>: <c>checkpoint_format</c> when it is none of ours or unreadable, <c>checkpoint_version</c> when another
    /// version of the software wrote it.
    /// </summary>
    public static CheckpointDescription FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        string Text(string key) => metadata.TryGetValue(key, out var value)
            ? value
            : metadata.ContainsKey("minisora.format")
            ? throw new CheckpointException("checkpoint_version", $"The checkpoint was written by {metadata.GetValueOrDefault("software", "another version")}: its metadata lacks '{key}'.")
            : throw new CheckpointException("checkpoint_format", $"The file is no MiniSora checkpoint: its metadata lacks '{key}'.");
        T Value<T>(string key) => JsonSerializer.Deserialize<T>(Text(key), Json)
            ?? throw new CheckpointException("checkpoint_format", $"The checkpoint's metadata '{key}' is empty.");

        if (Text("minisora.format") != CurrentFormat)
            throw new CheckpointException("checkpoint_version", $"The checkpoint has format {Text("minisora.format")}; this version reads format {CurrentFormat}.");
        try
        {
            return new CheckpointDescription
            {
                Spec = Text("spec"),
                Software = Text("software"),
                Step = long.Parse(Text("step"), CultureInfo.InvariantCulture),
                Updates = long.Parse(Text("minisora.updates"), CultureInfo.InvariantCulture),
                OptimizerUpdates = long.Parse(metadata.GetValueOrDefault("minisora.optimizer_updates") ?? Text("minisora.updates"), CultureInfo.InvariantCulture),
                StartStep = long.Parse(metadata.GetValueOrDefault("minisora.start_step", "0"), CultureInfo.InvariantCulture),
                Seed = ulong.Parse(Text("minisora.seed"), CultureInfo.InvariantCulture),
                Model = Value<BackboneOptions>("minisora.model"),
                Codec = Value<CodecOptions>("minisora.codec"),
                // Before there were other systems than the product's own, a file said of these only the prediction.
                Objective = metadata.ContainsKey("minisora.objective")
                    ? Value<ObjectiveOptions>("minisora.objective")
                    : new ObjectiveOptions { Prediction = Enum.Parse<Prediction>(Text("minisora.prediction")) },
                EmaWidths = Value<List<double>>("minisora.ema_widths"),
                EmaDecay = double.Parse(metadata.GetValueOrDefault("minisora.ema_decay", "0"), CultureInfo.InvariantCulture),
                Classes = metadata.ContainsKey("minisora.classes") ? Value<List<Caption>>("minisora.classes") : [],
                Cascade = metadata.ContainsKey("minisora.cascade") ? Value<CascadeOptions>("minisora.cascade") : null,
                Compute = Text("minisora.precision") == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32,
                Size = Value<ClipSize>("minisora.size"),
                Buckets = metadata.ContainsKey("minisora.buckets") ? Value<List<ClipSize>>("minisora.buckets") : [],
                Dataset = Text("minisora.dataset"),
                Fingerprint = Text("minisora.fingerprint"),
                Words = Value<List<string>>("vocabulary"),
            };
        }
        catch (Exception broken) when (broken is FormatException or OverflowException or ArgumentException or JsonException)
        {
            throw new CheckpointException("checkpoint_format", $"The checkpoint's metadata is broken: {broken.Message}");
        }
    }

    /// <summary>The part of an objective that gives the network's output its meaning; the rest may change between two runs.</summary>
    private static string Identity(ObjectiveOptions objective) => objective.Kind switch
    {
        ObjectiveKind.Diffusion => $"{objective.Kind} of {objective.Prediction}, {objective.NoiseSchedule}, {objective.Variance}",
        ObjectiveKind.Interpolant => $"{objective.Kind} of {objective.Prediction}, {objective.Path}",
        _ => $"{objective.Kind} of {objective.Prediction}",
    };

    /// <summary>The tokenizer.</summary>
    public Vocabulary ReadVocabulary() => new(Words);

    /// <summary>
    /// Throws <see cref="CheckpointException"/> (<c>checkpoint_mismatch</c>) with every difference that would make going on a
    /// different run. Length, learning rate and the like may change.
    /// </summary>
    public void RequireSame(TrainerSetup setup)
    {
        Require("The checkpoint belongs to another run.", setup, compare =>
        {
            var other = compare.Other;
            compare.Add("seed", Seed, other.Seed);
            Weights(compare);
            compare.Add("averages", string.Join(", ", Averages), string.Join(", ", other.Averages));
            compare.Add("clip size", Size, other.Size);
            compare.Add("further clip sizes", string.Join(", ", Buckets), string.Join(", ", other.Buckets));
            compare.Add("dataset", Dataset, other.Dataset);
            compare.Add("dataset contents", Fingerprint, other.Fingerprint);
        });
    }

    /// <summary>
    /// Throws <see cref="CheckpointException"/> (<c>checkpoint_mismatch</c>) with every reason why another run cannot start from it. Data, length, optimizer
    /// settings and the like may be others; what gives the weights their shape and meaning may not.
    /// </summary>
    public void RequireFit(TrainerSetup setup, Carry carry) =>
        Require("The run cannot start from this checkpoint.", setup, compare =>
        {
            var other = compare.Other;
            Weights(compare);
            if (Model.Network != NetworkKind.MiniSora)
                compare.Add("clip size", Size, other.Size);
            compare.Add("classes", string.Join(", ", Classes.Select(name => name.English)), string.Join(", ", other.Classes.Select(name => name.English)));
            if (carry != Carry.Weights)
                compare.Add("averages", string.Join(", ", Averages), string.Join(", ", other.Averages));
        });

    private void Weights(Differences compare)
    {
        compare.Add("model", Model, compare.Other.Model);
        compare.Add("cascade", JsonSerializer.Serialize(Cascade, Json), JsonSerializer.Serialize(compare.Other.Cascade, Json));
        compare.Add("codec", Codec, compare.Other.Codec);
        compare.Add("objective", Identity(Objective), Identity(compare.Other.Objective));
    }

    private void Require(string refusal, TrainerSetup setup, Action<Differences> compare)
    {
        var differences = new Differences(Of(setup, ReadVocabulary(), Step, Updates, Compute));
        compare(differences);
        if (differences.Found.Count > 0)
            throw new CheckpointException("checkpoint_mismatch", $"{refusal} {string.Join("; ", differences.Found)}.");
    }

    private sealed class Differences(CheckpointDescription other)
    {
        public CheckpointDescription Other => other;

        public List<string> Found { get; } = [];

        public void Add<T>(string what, T here, T there)
        {
            if (!EqualityComparer<T>.Default.Equals(here, there))
                Found.Add($"{what}: the checkpoint has {here}, the run {there}");
        }
    }
}

using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Datasets;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Text;
using MiniSora.Model.Training;
using MiniSora.Model.Weights.KeyMaps;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Weights.Import;

/// <summary>Denoisers whose published weights can be brought over.</summary>
public enum DenoiserKind
{
    /// <summary>DiT (Peebles and Xie 2022): the published <c>.pt</c> layout or diffusers'.</summary>
    Dit,

    /// <summary>SiT (Ma et al. 2024): the same tensors; its variance half is never used, so it is left out.</summary>
    Sit,

    /// <summary>Latte (Ma et al. 2024), unconditional or by class.</summary>
    Latte,
}

/// <summary>How a file is to be read.</summary>
/// <param name="Kind">What it holds.</param>
public sealed record DenoiserRequest(DenoiserKind Kind)
{
    /// <summary>A named size that it must have, such as <c>DiT-XL/2</c>; null: any.</summary>
    public string? Size { get; init; }

    /// <summary>See <see cref="WeightFile.Open(string, string?)"/>.</summary>
    public string? Root { get; init; }

    /// <summary>Attention heads where the width is no named size's.</summary>
    public int? Heads { get; init; }

    /// <summary>Edge of the latent picture in cells, for diffusers' layout, which keeps no table of positions. Default 32: 256 pixels.</summary>
    public int LatentSize { get; init; } = 32;

    /// <summary>Latte's variant 2, whose tensors are called as variant 1's.</summary>
    public bool LateFusion { get; init; }
}

/// <summary>
/// A published DiT, SiT or Latte, checked, and written as a checkpoint to sample from. Tensors are read one by one, but for diffusers' layout, whose projections
/// are joined.
/// </summary>
public sealed class DenoiserImport : IDisposable
{
    private const string Output = "final_layer.linear.";
    private readonly WeightFile file;
    private readonly IReadOnlyDictionary<string, Tensor>? converted;
    private readonly DenoiserRequest request;
    private readonly DenoiserShape shape;

    private DenoiserImport(WeightFile file, DenoiserRequest request, IReadOnlyDictionary<string, Tensor>? converted)
    {
        (this.file, this.request, this.converted) = (file, request, converted);
        var shapes = converted?.ToDictionary(item => item.Key, item => (IReadOnlyList<long>)item.Value.shape) ?? file.Entries.ToDictionary(item => item.Key, item => item.Value.Shape);
        shape = DenoiserShape.Of(request.Kind.ToString(), shapes, request.Heads, request.LateFusion);
        if (request.Size is { } size && NetworkSize.Find(size) is { } named)
            shape.Require(named, size);
        var layout = shape.SourceLayout(request.Kind == DenoiserKind.Latte);
        ShapeCheck.Require(request.Kind.ToString(), layout, shapes);
        Report = new ImportReport
        {
            Source = ImportReport.SourceOf(file),
            Layout = converted is null ? "published layout" : "diffusers layout",
            Mapped = [.. layout.Specs.Select(spec => (spec.Name, converted is null ? spec.Name : DiffusersDiT.SourceOf(spec.Name)))],
            Numbers = layout.Specs.Sum(spec => spec.Count),
            Skipped = DropsVariance ? [.. file.Skipped, new SkippedValue(Output + "*", "the half for the variance, which SiT never reads")] : file.Skipped,
        };
    }

    /// <summary>What was mapped and what was left.</summary>
    public ImportReport Report { get; }

    /// <summary>Classes without the null class; 0: none are told.</summary>
    public int ClassCount => shape.Classes;

    /// <summary>Latent channels that the codec must have.</summary>
    public int Channels => shape.Channels;

    /// <summary>Edge of a latent picture in cells.</summary>
    public int LatentSize => shape.LatentSize;

    /// <summary>Frames of a clip; an image network's clips are stills of two frames.</summary>
    public int Frames => request.Kind == DenoiserKind.Latte ? shape.Frames : 2;

    /// <summary>The network.</summary>
    public BackboneOptions Model => new()
    {
        Network = request.Kind == DenoiserKind.Latte ? NetworkKind.Latte : NetworkKind.Dit,
        Variant = shape.Variant,
        Conditioning = shape.Classes > 0 ? ConditioningKind.Label : ConditioningKind.None,
        Width = shape.Width,
        Depth = shape.Depth,
        Heads = shape.Heads,
        Patch = shape.Patch,
        MlpRatio = shape.MlpRatio,
    };

    /// <summary>What it was trained on, as its authors did.</summary>
    public ObjectiveOptions Objective => request.Kind == DenoiserKind.Sit
        ? new ObjectiveOptions { Kind = ObjectiveKind.Interpolant, Prediction = Prediction.Velocity }
        : new ObjectiveOptions { Kind = ObjectiveKind.Diffusion, Prediction = Prediction.Noise, Variance = shape.LearnsVariance ? VarianceKind.LearnedRange : VarianceKind.FixedLarge };

    private bool DropsVariance => request.Kind == DenoiserKind.Sit && shape.LearnsVariance;

    /// <summary>Opens and checks a file. Throws <see cref="WeightFileException"/> for one that is not sound, <see cref="ImportException"/> for one that is something else.</summary>
    public static DenoiserImport Open(string path, DenoiserRequest request)
    {
        TorchRuntime.EnsureLoaded();
        var file = WeightFile.Open(path, request.Root);
        IReadOnlyDictionary<string, Tensor>? converted = null;
        try
        {
            if (request.Kind != DenoiserKind.Latte && DiffusersDiT.Matches(file.Entries.Keys))
                converted = Convert(file, request);
            return new DenoiserImport(file, request, converted);
        }
        catch
        {
            foreach (var tensor in converted?.Values ?? [])
                tensor.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes a checkpoint. <paramref name="classes"/>: names by number, as many as <see cref="ClassCount"/>, or none: then classes are called by their number.
    /// <paramref name="spec"/>: the training spec that describes it. Throws <see cref="ImportException"/> for a codec or names that do not fit.
    /// </summary>
    public void Write(string path, string spec, string software, IReadOnlyList<string> classes, CodecOptions codecOptions, IVideoCodec codec)
    {
        string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (codec.LatentChannels != Channels)
            throw new ImportException("import_codec", $"The codec has {codec.LatentChannels} latent channels, the network {Channels}.", ("channels", Number(codec.LatentChannels)), ("wanted", Number(Channels)));
        if (classes.Count != 0 && classes.Count != ClassCount)
            throw new ImportException("import_classes", $"There are {classes.Count} names for {ClassCount} classes.", ("count", Number(classes.Count)), ("wanted", Number(ClassCount)));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        List<Caption> names = [.. Enumerable.Range(0, ClassCount).Select(i => new Caption(classes.Count > 0 ? classes[i] : Number(i), null))];
        var size = new ClipSize(Frames, LatentSize * codec.Downsample, LatentSize * codec.Downsample);
        using var system = VideoSystem.Of(Model, Objective, size.Latents(codec), new Vocabulary([]), names);
        var flat = zeros(system.Layout.Length);
        foreach (var (name, view) in system.Layout.Named(flat))
        {
            using var inner = NewDisposeScope();
            view.copy_(Read(name));
        }

        var description = new CheckpointDescription
        {
            Spec = spec,
            Software = software,
            Step = 0,
            Updates = 0,
            Seed = 0,
            Model = Model,
            Codec = codecOptions,
            Objective = Objective,
            EmaWidths = [],
            Classes = names,
            Compute = ScalarType.Float32,
            Size = size,
            Dataset = "imported",
            Fingerprint = "",
            Words = [],
        };
        Checkpoint.WriteWeights(path, description, system.Layout, flat, codec);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in converted?.Values ?? [])
            tensor.Dispose();
        file.Dispose();
    }

    private static IReadOnlyDictionary<string, Tensor> Convert(WeightFile file, DenoiserRequest request)
    {
        using var scope = NewDisposeScope();
        try
        {
            var published = DiffusersDiT.ToPublished(file.ReadAll(), request.LatentSize);
            foreach (var tensor in published.Values)
                tensor.DetachFromDisposeScope();
            return published;
        }
        catch (StateDictException unfit)
        {
            throw new ImportException("import_keys", $"This is no {request.Kind} of diffusers: {unfit.Message}", ("kind", request.Kind.ToString()), ("detail", unfit.Message));
        }
    }

    private Tensor Read(string name)
    {
        var stored = converted is null ? file.Read(name) : converted[name].alias();
        if (!DropsVariance || !name.StartsWith(Output, StringComparison.Ordinal))
            return stored;
        // Rows are ordered (row in the patch, column, channel): of every pixel's channels the first half is the velocity.
        var places = (long)shape.Patch * shape.Patch;
        return stored.view([places, 2 * shape.Channels, .. stored.shape[1..]]).narrow(1, 0, shape.Channels).reshape([places * shape.Channels, .. stored.shape[1..]]);
    }
}

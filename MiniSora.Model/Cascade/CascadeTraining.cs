using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// Training of a small Stable Cascade in its three stages (models.md §1.3). Every random choice is a function of (seed, stage, step, clip), so a training
/// that is saved and loaded goes on as if it had not stopped.
/// </summary>
public sealed class CascadeTraining : IDisposable
{
    private const double GradientClip = 1;
    private readonly CascadeOptions options;
    private readonly ulong seed;
    private readonly Placement placement;
    private readonly CascadeNetworks networks;
    private readonly TrainedPart[] parts;
    private readonly Dictionary<CascadeStage, AdaptiveWeight> weights = new() { [CascadeStage.B] = new(), [CascadeStage.C] = new() };

    /// <summary>A fresh cascade. The same seed gives the same weights on every device. <paramref name="averages"/>: relative widths of averaged copies to keep.</summary>
    public CascadeTraining(CascadeOptions options, Vocabulary vocabulary, ulong seed, Placement placement, IReadOnlyList<double>? averages = null)
    {
        TorchRuntime.EnsureLoaded();
        this.options = options;
        this.seed = seed;
        this.placement = placement;
        networks = new CascadeNetworks(options, vocabulary);
        using var scope = NewDisposeScope();
        TrainedPart Part(ulong index, string name, ParameterLayout layout) =>
            new(name, layout, layout.Initialise(SplitMix64.For(seed, CascadeLanes.Parameters, index).Next()), placement.Device, averages ?? []);
        parts =
        [
            Part(0, "stage_a", networks.A.Layout), Part(1, "semantic", networks.Semantic.Layout), Part(2, "stage_b", networks.B.Layout),
            Part(3, "stage_c", networks.C.Layout), Part(4, "text", networks.TextLayout),
        ];
    }

    private TrainedPart A => parts[0];

    private TrainedPart Semantic => parts[1];

    private TrainedPart B => parts[2];

    private TrainedPart C => parts[3];

    private TrainedPart Text => parts[4];

    /// <summary>The networks, for sampling.</summary>
    internal CascadeNetworks Networks => networks;

    /// <summary>Their weights, in the order of <see cref="CascadeNetworks.Layouts"/>.</summary>
    internal IReadOnlyList<TrainedPart> Parts => parts;

    /// <summary>Norm of the last step's gradient, before it was limited.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>Learning rate of the last step.</summary>
    public double LearningRate { get; private set; }

    /// <summary>Trainable numbers of all networks.</summary>
    public long ParameterCount => parts.Sum(part => part.Layout.ParameterCount);

    /// <summary>Steps that a stage has been trained.</summary>
    public long Steps(CascadeStage stage) => stage switch { CascadeStage.A => A.Updates, CascadeStage.B => B.Updates, _ => C.Updates };

    /// <summary>
    /// One step of one stage on clips [B, T, 3, H, W] in [−1, 1] and their captions (read by stage C alone; an empty one is the null caption).
    /// Returns the loss: stage A's reconstruction error, or the mean squared error of the diffusion's target, unweighted. The caller keeps the clips.
    /// </summary>
    public double Step(CascadeStage stage, Tensor clips, IReadOnlyList<string> captions)
    {
        if (clips.dim() != 5 || clips.shape[2] != 3 || clips.shape[3] != options.Height || clips.shape[4] != options.Width || clips.shape[0] != captions.Count)
            throw new ArgumentException($"clips are [{string.Join(", ", clips.shape)}], expected [{captions.Count}, T, 3, {options.Height}, {options.Width}]", nameof(clips));
        using var gradients = enable_grad();
        using var scope = NewDisposeScope();
        var given = clips.to(placement.Device);
        TrainedPart[] trained = stage switch { CascadeStage.A => [A], CascadeStage.B => [Semantic, B], _ => [C, Text] };
        var leaves = trained.Select(part => part.Flat.detach().requires_grad_(true)).ToArray();
        var views = trained.Select((part, i) => new ParameterViews(part.Layout, leaves[i], placement.Compute)).ToArray();
        using var statistics = new BatchStatistics();
        var (loss, shown, learned) = stage switch
        {
            CascadeStage.A => ReconstructionStep(views[0], given, statistics),
            CascadeStage.B => DecoderStep(views[0], views[1], given, statistics),
            _ => PriorStep(views[0], views[1], given, captions),
        };
        Update(trained, [.. autograd.grad([loss], leaves)], Steps(stage));
        if (!double.IsFinite(GradientNorm))
            return double.NaN;
        // Only one network of a stage has batch norms, and it comes first.
        statistics.Store(trained[0].Layout, trained[0].Flat);
        learned();
        foreach (var part in trained)
            part.Follow();
        return shown.item<float>();
    }

    /// <summary>Everything that <see cref="Load"/> needs, by name, on the processor; belongs to the current dispose scope.</summary>
    public IReadOnlyDictionary<string, Tensor> Save()
    {
        var state = parts.SelectMany(part => part.Save()).ToDictionary(item => item.Name, item => item.Value);
        foreach (var (stage, weight) in weights)
            state[AdaptiveName(stage)] = tensor(weight.Losses);
        return state;
    }

    /// <summary>Takes over what <see cref="Save"/> gave; throws when a network does not fit.</summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var part in parts)
            part.Load(state);
        foreach (var (stage, weight) in weights)
            state[AdaptiveName(stage)].data<float>().ToArray().CopyTo(weight.Losses, 0);
    }

    /// <summary>The cascade as it is now, for sampling; dispose it.</summary>
    public CascadePipeline Pipeline() =>
        new(options, networks, placement, [.. parts.Select(part => ParameterViews.Keep(part.Layout, part.Flat.clone(), placement.Compute))]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in parts)
            part.Dispose();
    }

    private static string AdaptiveName(CascadeStage stage) => $"adaptive_weight.stage_{(stage == CascadeStage.B ? 'b' : 'c')}";

    private (Tensor Loss, Tensor Shown, Action Learned) ReconstructionStep(ParameterViews w, Tensor clips, BatchStatistics statistics)
    {
        var frames = clips.flatten(0, 1);
        Tensor latents;
        Tensor? quantisation = null;
        if (options.Latents == CascadeLatents.Codebook)
        {
            var quantized = networks.A.EncodeQuantized(w, frames, statistics);
            (latents, quantisation) = (quantized.Latents, quantized.Loss);
        }
        else
        {
            latents = networks.A.Encode(w, frames, statistics);
        }

        var difference = networks.A.Decode(w, latents).Minus(frames);
        var error = options.Reconstruction switch
        {
            ReconstructionError.Absolute => difference.abs().mean(),
            ReconstructionError.Squared => (difference * difference).mean(),
            _ => difference.abs().mean().Plus((difference * difference).mean()),
        };
        return (quantisation is null ? error : error.Plus(quantisation), error.detach(), () => { });
    }

    private (Tensor Loss, Tensor Shown, Action Learned) DecoderStep(ParameterViews semantic, ParameterViews w, Tensor clips, BatchStatistics statistics)
    {
        long batch = clips.shape[0], count = clips.shape[1];
        var latents = Frozen(A, views => networks.A.Encode(views, clips.flatten(0, 1)));
        var semantics = networks.Semantic.Forward(semantic, clips.flatten(0, 1), statistics);
        var kept = Kept(CascadeStage.B, (int)batch, options.SemanticDropout).Select(keep => keep ? 1f : 0f).ToArray();
        semantics = semantics * tensor(kept, device: placement.Device).repeat_interleave(count).view(-1, 1, 1, 1);
        return DiffusionStep(CascadeStage.B, latents.view([batch, count, .. latents.shape[1..]]), (noised, level) => networks.Decoder(w, noised, level, semantics));
    }

    private (Tensor Loss, Tensor Shown, Action Learned) PriorStep(ParameterViews w, ParameterViews text, Tensor clips, IReadOnlyList<string> captions)
    {
        long batch = clips.shape[0], count = clips.shape[1];
        var semantics = Frozen(Semantic, views => networks.Semantic.Forward(views, clips.flatten(0, 1)));
        var kept = Kept(CascadeStage.C, captions.Count, options.CaptionDropout);
        var context = networks.Context(text, w, [.. captions.Select((caption, i) => kept[i] ? caption : "")], placement.Device);
        return DiffusionStep(CascadeStage.C, semantics.view([batch, count, .. semantics.shape[1..]]), (noised, level) => networks.Prior(w, noised, level, context));
    }

    private (Tensor Loss, Tensor Shown, Action Learned) DiffusionStep(CascadeStage stage, Tensor data, Func<Tensor, Tensor, Tensor> network)
    {
        var batch = (int)data.shape[0];
        var gdf = CascadeNetworks.Diffusion(weights[stage]);
        var levels = new float[batch];
        var noise = new Tensor[batch];
        for (var i = 0; i < batch; i++)
        {
            var random = Stream(CascadeLanes.Level, stage, i);
            levels[i] = gdf.Schedule.Draw(ref random);
            using var generator = new Generator(Stream(CascadeLanes.Noise, stage, i).Next() >> 1, CPU);
            noise[i] = randn(data.shape[1..], generator: generator);
        }

        var noised = gdf.Diffuse(data, stack(noise).to(placement.Device), levels);
        var difference = network(noised.Noised, tensor(noised.Level, device: placement.Device)).Minus(noised.Target);
        var errors = (difference * difference).flatten(1).mean([1]); // [B]
        var loss = (errors * tensor(noised.Weight, device: placement.Device)).mean();
        return (loss, errors.detach().mean(), () => weights[stage].Update(levels, [.. errors.detach().cpu().data<float>()]));
    }

    /// <summary>What a stage trained before gives, without a gradient.</summary>
    private Tensor Frozen(TrainedPart part, Func<ParameterViews, Tensor> compute)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return compute(new ParameterViews(part.Layout, part.Flat, placement.Compute)).MoveToOuterDisposeScope();
    }

    private bool[] Kept(CascadeStage stage, int count, double dropped) =>
        [.. Enumerable.Range(0, count).Select(i => Stream(CascadeLanes.Drop, stage, i).NextDouble() >= dropped)];

    private SplitMix64 Stream(ulong lane, CascadeStage stage, int clip) => SplitMix64.For(seed, lane + (ulong)stage, (ulong)Steps(stage), (ulong)clip);

    private void Update(TrainedPart[] trained, Tensor[] gradients, long step)
    {
        using var _ = no_grad();
        var norm = stack(gradients.Select(gradient => gradient.norm())).norm().item<float>();
        using var factor = Math.Min(1, GradientClip / (norm + 1e-6)).ToScalar();
        var rate = options.LearningRate * Math.Min(1, (step + 1.0) / Math.Max(1, options.WarmupSteps));
        (GradientNorm, LearningRate) = (norm, rate);
        // The weights stay as they are: who trains decides what becomes of the run.
        if (!float.IsFinite(norm))
            return;
        for (var i = 0; i < trained.Length; i++)
            trained[i].Apply(gradients[i].mul(factor), rate);
    }
}

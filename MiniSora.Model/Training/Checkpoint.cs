using System.Globalization;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Cascade;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// A run's state in one safetensors file: <c>model.*</c> and <c>ema.0.*</c>, <c>ema.1.*</c> by parameter name,
/// <c>optimizer.exp_avg</c> and <c>optimizer.exp_avg_sq</c> flat in layout order, <c>codec.*</c>; where a run has them <c>average.{updates}.{i}</c>, earlier averages, flat,
/// and <c>objective.state</c>. Every random choice of a run
/// is a function of its seed and the step, so the step number is the generator state and the data cursor.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private const string Averages = "average.";
    private const string StepStateName = "objective.state";

    private readonly SafeTensorsFile file;

    private Checkpoint(SafeTensorsFile file, CheckpointDescription description)
    {
        this.file = file;
        Description = description;
    }

    /// <summary>What it says about itself.</summary>
    public CheckpointDescription Description { get; }

    /// <summary>Writes atomically; see <see cref="SafeTensors.Write(string, IEnumerable{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string, string})"/>.</summary>
    public static void Write(string path, CheckpointDescription description, ParameterLayout layout, TrainingState state, IVideoCodec codec, IReadOnlyList<double> stepState)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var tensors = new List<(string, Tensor)>();
        tensors.AddRange(layout.Named(state.Parameters.detach()).Select(item => ("model." + item.Name, item.View)));
        for (var i = 0; i < state.Emas.Count; i++)
        {
            var prefix = $"ema.{i}.";
            tensors.AddRange(layout.Named(state.Emas[i]).Select(item => (prefix + item.Name, item.View)));
        }

        tensors.Add(("optimizer.exp_avg", state.Optimizer.ExpAvg));
        tensors.Add(("optimizer.exp_avg_sq", state.Optimizer.ExpAvgSq));
        tensors.AddRange(codec.StateDict().Select(item => ("codec." + item.Key, item.Value)));
        tensors.AddRange(state.Averages.Kept.Select(one => (
            string.Create(CultureInfo.InvariantCulture, $"{Averages}{one.Profile.Updates}.{state.EmaGammas.ToList().IndexOf(one.Profile.Gamma)}"), one.Flat)));
        if (stepState.Count > 0)
            tensors.Add((StepStateName, tensor(stepState.ToArray(), dtype: ScalarType.Float64)));
        SafeTensors.Write(path, tensors, description.ToMetadata());
    }

    /// <summary>A checkpoint of a training that names its own tensors.</summary>
    public static void WriteState(string path, CheckpointDescription description, IEnumerable<(string Name, Tensor Value)> state, IVideoCodec codec) =>
        SafeTensors.Write(path, state.Concat(codec.StateDict().Select(item => ("codec." + item.Key, item.Value))), description.ToMetadata());

    /// <summary>A checkpoint to sample from only: weights without averages and optimizer.</summary>
    public static void WriteWeights(string path, CheckpointDescription description, ParameterLayout layout, Tensor flat, IVideoCodec codec)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        SafeTensors.Write(
            path,
            [.. layout.Named(flat).Select(item => ("model." + item.Name, item.View)), .. codec.StateDict().Select(item => ("codec." + item.Key, item.Value))],
            description.ToMetadata());
    }

    /// <summary>
    /// Throws <see cref="SafeTensorsException"/> for a file that is not sound and <see cref="CheckpointException"/> for one
    /// that is not ours.
    /// </summary>
    public static Checkpoint Open(string path)
    {
        var file = SafeTensors.Open(path);
        try
        {
            return new Checkpoint(file, CheckpointDescription.FromMetadata(file.Metadata));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The codec, on the device; the caller owns it.</summary>
    public IVideoCodec ReadCodec(Placement placement) => VideoCodec.FromCheckpoint(file, "codec.", placement);

    /// <summary>The system that was trained, whose clips were encoded by <paramref name="codec"/>.</summary>
    public IVideoSource ReadSystem(IVideoCodec codec, WeightsPlace weights, Placement placement) => Description.Cascade is { } cascade
        ? new CascadeSystem(cascade.For(Description.Model, Description.Size), Description.ReadVocabulary())
        : VideoSystem.Of(
        Description.Model, Description.Objective, Description.Size.Latents(codec), Description.ReadVocabulary(), Description.Classes,
        VideoSystem.OpenText(Description.Model, weights, placement));

    /// <summary>One copy of the weights as a flat float32 buffer: −1 the raw ones, else the EMA copy. The caller owns it.</summary>
    public Tensor ReadWeights(ParameterLayout layout, int ema, Device device)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var flat = zeros(layout.Length);
        ReadNamed(ema < 0 ? "model." : $"ema.{ema}.", layout, flat);
        return flat.to(device, copy: true).DetachFromDisposeScope();
    }

    /// <summary>A tensor by its name; the caller owns it.</summary>
    public Tensor Read(string name) => file.Read(name);

    /// <summary>Names of all tensors.</summary>
    public IEnumerable<string> Names => file.Entries.Keys;

    /// <summary>What a step changes, as much of it as is carried over.</summary>
    public void ReadInto(TrainingState state, ParameterLayout layout, Carry carry)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var device = state.Parameters.device;
        state.Parameters.copy_(ReadWeights(layout, -1, device).MoveToOtherDisposeScope(scope));
        for (var i = 0; i < state.Emas.Count; i++)
            state.Emas[i].copy_(carry == Carry.Weights ? state.Parameters : ReadWeights(layout, i, device).MoveToOtherDisposeScope(scope));
        if (carry == Carry.Weights)
            return;
        state.Updates = Description.Updates;
        foreach (var (profile, name) in StoredAverages())
            state.Averages.Add(profile, file.Read(name));
        if (carry == Carry.Averages)
            return;
        state.Optimizer.ExpAvg.copy_(ReadFlat("optimizer.exp_avg", layout));
        state.Optimizer.ExpAvgSq.copy_(ReadFlat("optimizer.exp_avg_sq", layout));
        state.Optimizer.Updates = Description.OptimizerUpdates;
    }

    /// <summary>What steps had changed beside the parameters; empty for most.</summary>
    public IReadOnlyList<double> ReadStepState()
    {
        if (!file.Entries.ContainsKey(StepStateName))
            return [];
        using var numbers = file.Read(StepStateName);
        return numbers.data<double>().ToArray();
    }

    /// <summary>The average of a width that need not have been kept; see <see cref="AverageMix.Make"/>. The caller owns it.</summary>
    public (Tensor Flat, SamplerWarning Said) ReadAverage(ParameterLayout layout, double width, Device device)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var last = Description.EmaWidths.Select((kept, i) => new AverageSource(new EmaProfile(Description.Updates, PowerEma.Gamma(kept)), () => ReadWeights(layout, i, device)));
        var (flat, said) = AverageMix.Make([.. last, .. StoredAverages().Select(one => new AverageSource(one.Profile, () => ReadFlat(one.Name, layout)))], width, Description.Updates, zeros(layout.Length, device: device));
        return (flat.DetachFromDisposeScope(), said);
    }

    /// <summary>In the order they were taken.</summary>
    private IEnumerable<(EmaProfile Profile, string Name)> StoredAverages() => file.Entries.Keys
        .Where(name => name.StartsWith(Averages, StringComparison.Ordinal))
        .Select(name => (Parts: name[Averages.Length..].Split('.').Select(long.Parse).ToArray(), name))
        .OrderBy(item => item.Parts[0]).ThenBy(item => item.Parts[1])
        .Select(item => (new EmaProfile(item.Parts[0], PowerEma.Gamma(Description.EmaWidths[(int)item.Parts[1]])), item.name));

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private Tensor ReadFlat(string name, ParameterLayout layout)
    {
        var tensor = file.Read(name);
        if (tensor.NumberOfElements != layout.Length)
            throw Mismatch(name, $"[{layout.Length}]", tensor);
        return tensor;
    }

    private void ReadNamed(string prefix, ParameterLayout layout, Tensor flat)
    {
        foreach (var (name, view) in layout.Named(flat))
        {
            using var tensor = file.Read(prefix + name);
            if (!tensor.shape.SequenceEqual(view.shape))
                throw Mismatch(prefix + name, $"[{string.Join(", ", view.shape)}]", tensor);
            view.copy_(tensor);
        }

        var known = layout.Specs.Select(spec => prefix + spec.Name).ToHashSet();
        var unknown = file.Entries.Keys.FirstOrDefault(key => key.StartsWith(prefix, StringComparison.Ordinal) && !known.Contains(key));
        if (unknown is not null)
            throw new CheckpointException("checkpoint_mismatch", $"The checkpoint holds '{unknown}', which this network does not have.");
    }

    private static CheckpointException Mismatch(string name, string expected, Tensor tensor) =>
        new("checkpoint_mismatch", $"'{name}' is [{string.Join(", ", tensor.shape)}] in the checkpoint, expected {expected}.");
}

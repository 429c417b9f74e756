using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>How a parameter starts.</summary>
internal enum Start
{
    /// <summary>All zero.</summary>
    Zero,

    /// <summary>All one.</summary>
    One,

    /// <summary>
    /// Uniform in ±√(6 / (in + out)) for a matrix [out, in] (Glorot and Bengio 2010). A convolution's kernel [out, in, …] counts as
    /// the matrix [out, in · …], as DiT does for its patch embedding.
    /// </summary>
    Xavier,

    /// <summary>Normal with standard deviation 0.02.</summary>
    SmallNormal,

    /// <summary>Normal with standard deviation 1.</summary>
    UnitNormal,

    /// <summary>Normal with standard deviation 1/√D, D the last size: a table of modulation vectors (PixArt-α).</summary>
    WidthNormal,

    /// <summary>Uniform in ±1; with <see cref="ParameterSpec.Scale"/>, in ± that bound.</summary>
    Uniform,
}

/// <summary>One named parameter and its place in the flat buffer.</summary>
/// <param name="Name">Key in checkpoints.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Start">How it starts.</param>
/// <param name="Decay">Whether weight decay acts on it.</param>
/// <param name="Hidden">A matrix between hidden layers, which Muon may orthogonalise; not an embedding, nor the first or last layer.</param>
/// <param name="Trainable">False for a constant that checkpoints carry: it gets no gradient.</param>
/// <param name="Offset">First number in the flat buffer.</param>
internal sealed record ParameterSpec(string Name, long[] Shape, Start Start, bool Decay, bool Hidden, bool Trainable, long Offset)
{
    /// <summary>What the start's numbers are multiplied by: gains, standard deviations, bounds. Default 1.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Numbers in it.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Row-major numbers that it starts with in place of <see cref="Start"/>: a table of positions.</summary>
    public Func<float[]>? Table { get; init; }

    /// <summary>Numbers it takes in the flat buffer: rounded up, so that every parameter starts on a cache line.</summary>
    public long Padded => (Count + ParameterLayout.Alignment - 1) / ParameterLayout.Alignment * ParameterLayout.Alignment;
}

/// <summary>
/// All parameters of a network as one flat buffer, in the order the layers declared them. One buffer means one cast to
/// bf16, one gradient, one optimizer and one EMA operation a step instead of a hundred small ones: at the size we train on
/// two cores the number of operations, not the arithmetic, is what a step costs.
/// </summary>
internal sealed class ParameterLayout
{
    /// <summary>Parameters start at multiples of so many numbers.</summary>
    public const int Alignment = 64;

    private const string BatchCounter = ".num_batches_tracked";
    private readonly List<ParameterSpec> specs = [];
    private readonly Dictionary<string, int> indices = [];

    /// <summary>In declaration order.</summary>
    public IReadOnlyList<ParameterSpec> Specs => specs;

    /// <summary>Length of the flat buffer, padding included.</summary>
    public long Length => specs.Count == 0 ? 0 : specs[^1].Offset + specs[^1].Padded;

    /// <summary>Trainable numbers, without padding.</summary>
    public long ParameterCount => specs.Where(spec => spec.Trainable).Sum(spec => spec.Count);

    /// <summary>
    /// Declares a parameter and returns its index in <see cref="ParameterViews"/>. One that is not <paramref name="trainable"/> is a
    /// constant of the network that its checkpoints carry (a table of positions): the optimizer never moves it.
    /// </summary>
    public int Add(string name, long[] shape, Start start, bool decay = false, bool trainable = true, bool hidden = false, double scale = 1)
    {
        if (!indices.TryAdd(name, specs.Count))
            throw new ArgumentException($"Parameter {name} is declared twice.", nameof(name));
        specs.Add(new ParameterSpec(name, shape, start, decay, hidden, trainable, Length) { Scale = scale });
        return specs.Count - 1;
    }

    /// <summary>
    /// Declares a constant that checkpoints carry, such as a table of positions; <paramref name="values"/> (row-major) is called when a
    /// network starts fresh. Returns its index in <see cref="ParameterViews"/>.
    /// </summary>
    public int AddTable(string name, long[] shape, Func<float[]> values)
    {
        var index = Add(name, shape, Start.Zero, trainable: false);
        specs[index] = specs[index] with { Table = values };
        return index;
    }

    /// <summary>Whether a state dict's entry is a batch norm's counter of batches (int64), which nothing here needs: accepted and left out.</summary>
    public bool IsBatchCounter(string name) =>
        name.EndsWith(BatchCounter, StringComparison.Ordinal) && indices.ContainsKey(name[..^BatchCounter.Length] + ".running_mean");

    /// <summary>A fresh flat buffer, float32 on the CPU: the same seed gives the same numbers on every device.</summary>
    public Tensor Initialise(ulong seed)
    {
        var flat = zeros(Length);
        using var _ = no_grad();
        for (var i = 0; i < specs.Count; i++)
        {
            var spec = specs[i];
            using var generator = new Generator(SplitMix64.For(seed, SeedLanes.Parameters, (ulong)i).Next() >> 1, CPU);
            using var part = flat.narrow(0, spec.Offset, spec.Count);
            if (spec.Table is not null)
            {
                using var values = tensor(spec.Table());
                part.copy_(values);
                continue;
            }

            switch (spec.Start)
            {
                case Start.Zero:
                    break;
                case Start.One:
                    part.fill_(HeldScalar.One);
                    break;
                case Start.Xavier:
                    var bound = Math.Sqrt(6.0 / (spec.Shape[0] + (double)spec.Count / spec.Shape[0]));
                    part.uniform_(-bound, bound, generator);
                    break;
                case Start.SmallNormal:
                    part.normal_(0, 0.02, generator);
                    break;
                case Start.UnitNormal:
                    part.normal_(0, 1, generator);
                    break;
                case Start.WidthNormal:
                    part.normal_(0, 1 / Math.Sqrt(spec.Shape[^1]), generator);
                    break;
                case Start.Uniform:
                    part.uniform_(-1, 1, generator);
                    break;
                default:
                    throw new InvalidOperationException($"Unknown start {spec.Start}.");
            }

            if (spec.Scale != 1)
                part.mul_(HeldScalar.Of(spec.Scale));
        }

        return flat;
    }

    /// <summary>
    /// The flat buffer of a state dict (any float type, any device), float32 on the CPU. Throws <see cref="StateDictException"/> that
    /// names every missing, unexpected and misshapen entry; see <see cref="IsBatchCounter"/> for the one that may be too many.
    /// </summary>
    public Tensor Pack(IReadOnlyDictionary<string, Tensor> state)
    {
        var missing = specs.Where(spec => !state.ContainsKey(spec.Name)).Select(spec => spec.Name).ToList();
        var unexpected = state.Keys.Except(specs.Select(spec => spec.Name)).Where(name => !IsBatchCounter(name)).Order(StringComparer.Ordinal).ToList();
        var misshapen = specs.Where(spec => state.TryGetValue(spec.Name, out var found) && !found.shape.SequenceEqual(spec.Shape))
            .Select(spec => $"{spec.Name} is [{string.Join(", ", state[spec.Name].shape)}], expected [{string.Join(", ", spec.Shape)}]").ToList();
        if (missing.Count + unexpected.Count + misshapen.Count > 0)
            throw new StateDictException(missing, unexpected, misshapen);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var flat = zeros(Length);
        foreach (var (name, view) in Named(flat))
            view.copy_(state[name]);
        return flat.MoveToOuterDisposeScope();
    }

    /// <summary>1 where weight decay acts, else 0; flat, float32 on the CPU.</summary>
    public Tensor DecayMask()
    {
        var mask = zeros(Length);
        foreach (var spec in specs.Where(spec => spec.Decay))
        {
            using var part = mask.narrow(0, spec.Offset, spec.Count);
            part.fill_(HeldScalar.One);
        }

        return mask;
    }

    /// <summary>Views by name into a flat buffer, for checkpoints. They belong to the current dispose scope.</summary>
    public IEnumerable<(string Name, Tensor View)> Named(Tensor flat) =>
        specs.Select(spec => (spec.Name, flat.narrow(0, spec.Offset, spec.Count).view(spec.Shape)));
}

using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Tests.Backbones;

/// <summary>Weights and key lists of the reference networks in tests.</summary>
internal static class ReferenceNetwork
{
    /// <summary>A fresh start with noise, so that nothing is zero any more; tables of positions stay.</summary>
    public static Tensor Trained(ParameterLayout layout, ulong seed = 1)
    {
        var flat = layout.Initialise(seed);
        var generator = new Generator(seed + 1, CPU);
        foreach (var spec in layout.Specs.Where(spec => spec.Trainable))
            flat.narrow(0, spec.Offset, spec.Count).add_(0.1 * randn([spec.Count], generator: generator));
        return flat;
    }

    /// <summary>Views of <see cref="Trained"/>.</summary>
    public static ParameterViews TrainedViews(ParameterLayout layout, ulong seed = 1) => new(layout, Trained(layout, seed), float32);

    /// <summary>Views of a fresh start.</summary>
    public static ParameterViews FreshViews(ParameterLayout layout) => new(layout, layout.Initialise(1), float32);

    /// <summary>Sorted <c>name [shape]</c> lines.</summary>
    public static IEnumerable<string> Keys(ParameterLayout layout) => Lines(layout.Specs.Select(spec => (spec.Name, spec.Shape)));

    /// <summary>Sorted <c>name [shape]</c> lines of a state dict.</summary>
    public static IEnumerable<string> Lines(IEnumerable<(string Name, long[] Shape)> entries) =>
        entries.Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]").Order(StringComparer.Ordinal);

    /// <summary>A recorded list of keys.</summary>
    public static string[] Golden(params string[] path) => File.ReadAllLines(Path.Combine([AppContext.BaseDirectory, .. path]));

    /// <summary>Tensors that ten calls leave behind after a first one.</summary>
    public static long Leak(Func<Tensor> call)
    {
        using var _ = no_grad();
        call().Dispose();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++)
            call().Dispose();
        return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }
}

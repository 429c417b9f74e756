using MiniSora.Model.Native;
using TorchSharp;

// One after another: torch's own generator is shared, and libtorch has threads of its own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MiniSora.Model.Tests;

/// <summary>Loads libtorch, gives every test the same random numbers and frees what it leaves behind.</summary>
public abstract class TorchTests : IDisposable
{
    private readonly DisposeScope scope;

    protected TorchTests()
    {
        TorchRuntime.EnsureLoaded();
        torch.manual_seed(20261125).Dispose();
        scope = torch.NewDisposeScope();
    }

    public void Dispose()
    {
        scope.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static double LargestDifference(torch.Tensor a, torch.Tensor b) => (a - b).abs().max().ToDouble();

    protected static bool SameBits(torch.Tensor a, torch.Tensor b) => a.shape.SequenceEqual(b.shape) && a.eq(b).all().ToBoolean();
}

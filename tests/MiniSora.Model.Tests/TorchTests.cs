using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Tests;

/// <summary>Loads libtorch and frees what a test leaves behind.</summary>
public abstract class TorchTests : IDisposable
{
    private readonly DisposeScope scope;

    protected TorchTests()
    {
        TorchRuntime.EnsureLoaded();
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

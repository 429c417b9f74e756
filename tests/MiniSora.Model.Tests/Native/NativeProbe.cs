using MiniSora.Model.Native;
using TorchSharp;

namespace MiniSora.Model.Tests.Native;

/// <summary>The test assembly as a program of its own: loads libtorch in a fresh process and says what came of it.</summary>
internal static class NativeProbe
{
    internal static int Main(string[] arguments)
    {
        if (arguments is not ["native-probe", ..]) return 2;
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var random = torch.randn(new long[] { 2, 17, 8, 8 });
        var total = torch.ones(3, 4).sum().item<float>();
        // A convolution is what makes libtorch complain about NNPACK.
        torch.nn.functional.conv2d(random, torch.ones(new long[] { 4, 17, 3, 3 }));
        Console.WriteLine(FormattableString.Invariant($"{TorchRuntime.Mode} {total}"));
        return 0;
    }
}

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
        var total = torch.ones(3, 4).sum().item<float>();
        // Convolutions that oneDNN leaves alone are what makes libtorch complain about NNPACK.
        foreach (var batch in new long[] { 1, 16 })
            torch.nn.functional.conv2d(torch.ones(new[] { batch, 4, 8, 8 }), torch.ones(new long[] { 4, 4, 3, 3 }));
        Console.WriteLine(FormattableString.Invariant($"{TorchRuntime.Mode} {total}"));
        return 0;
    }
}

using TorchSharp;

namespace MiniSora.Model.Native;

/// <summary>Numerical self-check.</summary>
public static class Arithmetic
{
    /// <summary>Checks the operations MiniSora uses on <paramref name="device"/>.</summary>
    public static ArithmeticReport Check(torch.Device device) => throw new NotImplementedException();
}

using System.Reflection;
using System.Runtime.CompilerServices;
using MiniSora.Model.Native;

namespace MiniSora.Model.Tests;

/// <summary>
/// Loads libtorch before any test. TorchSharp tries once, in a static constructor: were a test that touches a tensor without loading it
/// the first to run, all others would fail. Not in the second processes that tests start from this assembly, which look at the loading itself.
/// </summary>
internal static class TorchAtStart
{
#pragma warning disable CA2255 // A test project is the end of the line: nobody references it.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Load()
    {
        if (Assembly.GetEntryAssembly() != typeof(TorchAtStart).Assembly)
            TorchRuntime.EnsureLoaded();
    }
}

using System.Globalization;
using MiniSora.Fuzz;
using MiniSora.Model.Weights;
using TorchSharp;

namespace MiniSora.Model.Tests.Weights;

/// <summary>
/// Sound files damaged at random: whatever comes, only a <see cref="WeightFileException"/> may be thrown and memory stays bounded.
/// <c>MINISORA_FUZZ_INPUTS</c> sets the number of inputs for each format. The same number gives the same inputs.
/// </summary>
public sealed class WeightsFuzzTests : TorchTests, IDisposable
{
    private const long MostBytes = 64 << 20;
    private readonly TemporaryFolder folder = new();

    void IDisposable.Dispose()
    {
        folder.Dispose();
        Dispose();
    }

    private static int Inputs => int.TryParse(Environment.GetEnvironmentVariable("MINISORA_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out var inputs) ? inputs : 3_000;

    [Fact]
    public void Damaged_safetensors_files_are_refused_by_name()
    {
        SafeTensors.Write(folder["a"], [("a.weight", torch.ones(3, 4)), ("a.bias", torch.zeros(3, dtype: torch.ScalarType.BFloat16)), ("step", torch.tensor(7L))], new Dictionary<string, string> { ["format"] = "pt" });
        SafeTensors.Write(folder["b"], [("x", torch.empty(new long[] { 0, 4 })), ("y", torch.ones(1, dtype: torch.ScalarType.Bool)), ("ü\"\\", torch.ones(2, 2))]);
        Run(1, [File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"])]);
    }

    [Fact]
    public void Damaged_pytorch_archives_are_refused_by_name() =>
        Run(2, [Genuine("training.pt"), Genuine("views.pt"), Genuine("protocol4.pt"), Genuine("module.pt"), ArchiveBytes.Checkpoint(PickleBytes.With(_ => { }))]);

    [Fact]
    public void Damaged_old_pytorch_files_are_refused_by_name() => Run(3, [Genuine("training-legacy.pt"), Genuine("views-legacy.pt")]);

    private static byte[] Genuine(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Weights", "torch-1.13", name));

    private void Run(ulong seed, byte[][] corpus)
    {
        var path = folder["input"];
        var (read, refused) = (0, new SortedDictionary<string, int>(StringComparer.Ordinal));
        for (var i = 0; i < Inputs; i++)
        {
            var random = SplitMix64.For(seed, (ulong)i);
            File.WriteAllBytes(path, Mutation.Of(ref random, corpus));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = WeightFile.Open(path, random.Below(2) == 0 ? null : "");
                foreach (var name in file.Entries.Keys)
                {
                    using var tensor = file.Read(name);
                    Assert.Equal(file.Entries[name].Shape, tensor.shape);
                }

                read++;
            }
            catch (WeightFileException error)
            {
                refused[error.Code] = refused.GetValueOrDefault(error.Code) + 1;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"input {i} of seed {seed}: {error.GetType().Name}", error);
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostBytes, $"input {i} of seed {seed} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }

        // Damage in the bytes of tensors is no damage to the file; damage to structure must be the rule.
        Assert.True(refused.Count >= 5 && refused.Values.Sum() > Inputs / 4, $"read {read}, refused {string.Join(", ", refused)}");
    }
}

using System.Globalization;
using System.Text;
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
    private static readonly ulong[] Edges = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ulong.MaxValue];
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
            File.WriteAllBytes(path, Damaged(ref random, corpus));
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

    private static byte[] Damaged(ref SplitMix64 random, byte[][] corpus)
    {
        var bytes = corpus[random.Below(corpus.Length)].ToList();
        for (var times = random.Range(1, 4); times > 0; times--)
        {
            var at = (int)random.Below(bytes.Count);
            switch (random.Below(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << (int)random.Below(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next();
                    break;
                case 2:
                    bytes.RemoveRange(at, (int)random.Below(bytes.Count - at + 1));
                    break;
                case 3:
                    bytes.RemoveRange(at, (int)random.Below(Math.Min(16, bytes.Count - at) + 1));
                    break;
                case 4:
                    var other = corpus[random.Below(corpus.Length)];
                    var from = (int)random.Below(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, (int)random.Below(Math.Min(64, other.Length - from) + 1)).ToArray());
                    break;
                case 5:
                    // Headers: the first and the last bytes, where lengths and offsets are.
                    Overwrite(ref random, bytes, random.Below(2) == 0 ? (int)random.Below(Math.Min(16, bytes.Count)) : Math.Max(0, bytes.Count - 1 - (int)random.Below(100)));
                    break;
                case 6:
                    Overwrite(ref random, bytes, at);
                    break;
                default:
                    // A number or a name in text.
                    var digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0) bytes.InsertRange(digit, Encoding.ASCII.GetBytes(random.Below(2) == 0 ? "9223372036854775807" : "-"));
                    break;
            }

            if (bytes.Count == 0) break;
        }

        return [.. bytes];
    }

    private static void Overwrite(ref SplitMix64 random, List<byte> bytes, int at)
    {
        var value = BitConverter.GetBytes(Edges[random.Below(Edges.Length)]);
        for (var i = 0; i < 1 << (int)random.Below(4) && at + i < bytes.Count; i++) bytes[at + i] = value[i];
    }
}

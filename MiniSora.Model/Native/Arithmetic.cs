using System.Collections.Concurrent;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Native;

/// <summary>
/// A numerical self-check at the start of every run process: the operations MiniSora is made of, forward and backward, in fp32 and
/// bf16, against float64 written out with matrix products and sums alone. Takes one or two seconds.
/// </summary>
public static class Arithmetic
{
    // bf16 keeps 8 bits: single results are off by 2^-9 relative to the largest; sums over a hundred of them a little more.
    private const double ToleranceFp32 = 2e-4;
    private const double ToleranceBf16 = 4e-2;

    /// <summary>Channels in and out on and off the multiples of 16, as backbones and decoders use them.</summary>
    private static readonly (int In, int Out)[] Widths = [(16, 16), (32, 48), (3, 32), (17, 20), (24, 24), (40, 64), (64, 3)];

    /// <summary>Checks <paramref name="device"/>. Reproducible: inputs come from generators of fixed seeds.</summary>
    public static ArithmeticReport Check(Device device) => Reports.GetOrAdd(device.ToString(), _ => Measure(device));

    // What a processor calculates does not change while a process lives.
    private static readonly ConcurrentDictionary<string, ArithmeticReport> Reports = new();

    /// <summary>The check itself, whatever was found before.</summary>
    internal static ArithmeticReport Measure(Device device)
    {
        TorchRuntime.EnsureLoaded();
        using var grad = enable_grad();
        using var scope = NewDisposeScope();
        var rest = new List<string>();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            MatrixProduct(device, type, rest);
            Normalisation(device, type, rest);
            Attention(device, type, rest);
        }

        var direct = new List<string>();
        ConvolutionPath? chosen = null;
        foreach (var path in Enum.GetValues<ConvolutionPath>())
        {
            var wrong = new List<string>();
            foreach (var (widthIn, widthOut) in Widths)
            {
                Convolutions(path, device, widthIn, widthOut, wrong);
                // One wrong width rules a path out: the rest would only cost time.
                if (wrong.Count > 0) break;
            }

            if (path == ConvolutionPath.Direct) direct = wrong;
            if (wrong.Count > 0) continue;
            chosen = path;
            break;
        }

        return new ArithmeticReport
        {
            Failures = [.. rest, .. direct],
            Convolution = chosen,
            RestIsRight = rest.Count == 0,
            Summary = Summary(device, rest, direct, chosen),
        };
    }

    private static string Summary(Device device, List<string> rest, List<string> direct, ConvolutionPath? chosen)
    {
        if (rest.Count > 0) return $"arithmetic on {device} is WRONG: {string.Join("; ", rest.Take(3))}";
        return chosen switch
        {
            ConvolutionPath.Direct => $"arithmetic on {device} is right",
            null => $"arithmetic on {device} is WRONG: no way to compute convolutions is right: {string.Join("; ", direct.Take(3))}",
            _ => $"arithmetic on {device} is right except libtorch's own convolutions, which are computed by {chosen} instead ({direct[0]})",
        };
    }

    private static void MatrixProduct(Device device, ScalarType type, List<string> failures)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Draw([3, 37, 96], 1, device, type), Draw([96, 130], 2, device, type));
        Compare($"matmul {type}", [a, b], matmul(a, b), type, failures, (x, y) => matmul(x, y));
    }

    private static void Normalisation(Device device, ScalarType type, List<string> failures)
    {
        using var scope = NewDisposeScope();
        var x = Draw([5, 7, 72], 3, device, type);
        Compare($"layer_norm {type}", [x, x], nn.functional.layer_norm(x, [72]), type, failures, (v, _) =>
        {
            var centred = v - v.mean([-1], true);
            return centred / (centred.pow(2).mean([-1], true) + 1e-5).sqrt();
        });
        Compare($"softmax {type}", [x, x], nn.functional.softmax(x, -1), type, failures, (v, _) =>
        {
            var e = v.exp();
            return e / e.sum(-1, true);
        });
        Compare($"silu {type}", [x, x], nn.functional.silu(x), type, failures, (v, _) => v / (1 + (-v).exp()));
        Compare($"gelu {type}", [x, x], nn.functional.gelu(x), type, failures, (v, _) => v * (1 + (v / Math.Sqrt(2)).erf()) / 2);
    }

    private static void Attention(Device device, ScalarType type, List<string> failures)
    {
        foreach (var tokens in new long[] { 8, 130 })
        {
            using var scope = NewDisposeScope();
            var (q, k) = (Draw([2, 3, tokens, 32], 4, device, type), Draw([2, 3, tokens, 32], 5, device, type));
            // Keys serve as values too: two inputs are enough to reach all three gradients.
            Compare($"attention of {tokens} {type}", [q, k], nn.functional.scaled_dot_product_attention(q, k, k), type, failures, (x, y) =>
            {
                var e = (matmul(x, y.transpose(-2, -1)) / Math.Sqrt(32)).exp();
                return matmul(e / e.sum(-1, true), y);
            });
        }
    }

    private static void Convolutions(ConvolutionPath path, Device device, int widthIn, int widthOut, List<string> failures)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            using var scope = NewDisposeScope();
            Tensor x, w;
            foreach (var stride in new long[] { 1, 2 })
            {
                (x, w) = (Draw([3, widthIn, 9, 8], 6, device, type), Draw([widthOut, widthIn, 3, 3], 7, device, type));
                Compare($"conv2d {path} {widthIn} to {widthOut} stride {stride} {type}", [x, w], SafeConvolution.Conv2d(path, x, w, null, stride, 1), type, failures,
                    (input, weight) => SafeConvolution.Shifted(nn.functional.pad(input, [1, 1, 1, 1]).unsqueeze(2), weight.unsqueeze(2), null, stride).squeeze(2));
            }

            (x, w) = (Draw([2, widthIn, 4, 8, 9], 8, device, type), Draw([widthOut, widthIn, 3, 3, 3], 9, device, type));
            Compare($"conv3d {path} {widthIn} to {widthOut} {type}", [x, w], SafeConvolution.Conv3d(path, x, w), type, failures,
                (input, weight) => SafeConvolution.Shifted(input, weight, null, 1));
        }
    }

    /// <summary>Result and both gradients of <paramref name="actual"/> against the same in float64 on the processor.</summary>
    private static void Compare(string name, Tensor[] inputs, Tensor actual, ScalarType type, List<string> failures, Func<Tensor, Tensor, Tensor> reference)
    {
        var exact = inputs.Select(input => input.detach().cpu().to(ScalarType.Float64).requires_grad_(true)).ToArray();
        var expected = reference(exact[0], ReferenceEquals(inputs[0], inputs[1]) ? exact[0] : exact[1]);
        var direction = Draw(actual.shape, 10, CPU, ScalarType.Float32).detach();
        expected.backward([direction.to(ScalarType.Float64)]);
        actual.backward([direction.to(type, actual.device)]);

        var tolerance = type == ScalarType.BFloat16 ? ToleranceBf16 : ToleranceFp32;
        Judge($"{name} forward", actual, expected, tolerance, failures);
        Judge($"{name} input gradient", inputs[0].grad!, exact[0].grad!, tolerance, failures);
        if (!ReferenceEquals(inputs[0], inputs[1])) Judge($"{name} weight gradient", inputs[1].grad!, exact[1].grad!, tolerance, failures);
        foreach (var input in inputs) input.grad = null;
    }

    private static void Judge(string name, Tensor actual, Tensor expected, double tolerance, List<string> failures)
    {
        using var scope = NewDisposeScope();
        var wanted = expected.detach();
        var largest = wanted.abs().max().item<double>();
        var error = (actual.detach().cpu().to(ScalarType.Float64) - wanted).abs().max().item<double>() / largest;
        // Written so that NaN fails.
        if (!(error <= tolerance)) failures.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: error {error:g2}"));
    }

    /// <summary>Normal numbers that a checkpoint of any device would see: drawn on the processor, rounded to the type.</summary>
    private static Tensor Draw(long[] shape, ulong seed, Device device, ScalarType type)
    {
        using var generator = new Generator(seed);
        return randn(shape, generator: generator).to(type, device).requires_grad_(true);
    }
}

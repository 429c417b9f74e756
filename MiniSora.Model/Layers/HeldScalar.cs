using System.Collections.Concurrent;
using TorchSharp;

namespace MiniSora.Model.Layers;

/// <summary>
/// Constants for tensor operations. TorchSharp 0.107 turns a number into a finalizable <see cref="Scalar"/> and hands its
/// pointer to native code without keeping the object alive: a garbage collection in that moment, from any thread, frees
/// it under the operation (seen in training as "Expected false to be true"). Even <c>a + b</c> of two tensors and
/// <c>a.add(scalar)</c> do so, with a hidden factor 1. So code that runs often never passes plain numbers to tensor operations, nor uses + and −: constants
/// come from here and live as long as the process, others are a <c>using var</c> of <see cref="Scalar"/> that spans the
/// call, sums are <see cref="Plus"/> and <see cref="Minus"/>.
/// </summary>
internal static class HeldScalar
{
    private static readonly ConcurrentDictionary<double, Scalar> Constants = [];

    /// <summary>1.</summary>
    public static Scalar One { get; } = Of(1);

    private static Scalar MinusOne { get; } = Of(-1);

    /// <summary>A constant of the program or of a run's settings; not for values that change from step to step.</summary>
    public static Scalar Of(double constant) => Constants.GetOrAdd(constant, static value => value.ToScalar());

    /// <summary>a + b.</summary>
    public static torch.Tensor Plus(this torch.Tensor a, torch.Tensor b) => a.add(b, One);

    /// <summary>a + 1.</summary>
    public static torch.Tensor PlusOne(this torch.Tensor a) => a.add(One, One);

    /// <summary>a − b.</summary>
    public static torch.Tensor Minus(this torch.Tensor a, torch.Tensor b) => a.add(b, MinusOne);
}

using MiniSora.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) over one flat buffer; decay acts where the mask is 1, ε outside the root. With
/// <see cref="OrthogonalUpdate"/> the hidden matrices take Muon's update instead, from the same first moment.
/// </summary>
internal sealed class FlatAdamW : IDisposable
{
    private readonly AdamWOptions options;
    private readonly Tensor decayMask;
    private readonly OrthogonalUpdate? orthogonal;

    /// <summary>With a run's settings. The mask, as long as the parameters, is owned from here on.</summary>
    public FlatAdamW(TrainingOptions options, Tensor decayMask, OrthogonalUpdate? orthogonal = null)
        : this(AdamWOptions.Of(options), decayMask, orthogonal)
    {
    }

    /// <summary>With other constants, as a recipe from elsewhere may need them.</summary>
    public FlatAdamW(AdamWOptions options, Tensor decayMask, OrthogonalUpdate? orthogonal = null)
    {
        this.orthogonal = orthogonal;
        this.options = options;
        this.decayMask = decayMask;
        ExpAvg = zeros_like(decayMask);
        ExpAvgSq = zeros_like(decayMask);
    }

    /// <summary>First moment.</summary>
    public Tensor ExpAvg { get; }

    /// <summary>Second moment.</summary>
    public Tensor ExpAvgSq { get; }

    /// <summary>Updates so far; bias correction counts these, not the run's steps.</summary>
    public long Updates { get; set; }

    /// <summary>One update of <paramref name="parameters"/> in place.</summary>
    public void Apply(Tensor parameters, Tensor gradient, double learningRate)
    {
        using var scope = NewDisposeScope();
        Updates++;
        ExpAvg.mul_(HeldScalar.Of(options.Beta1)).add_(gradient, HeldScalar.Of(1 - options.Beta1));
        ExpAvgSq.mul_(HeldScalar.Of(options.Beta2)).addcmul_(gradient, gradient, HeldScalar.Of(1 - options.Beta2));
        var correction1 = 1 - Math.Pow(options.Beta1, Updates);
        var correction2 = 1 - Math.Pow(options.Beta2, Updates);
        using var root2 = Math.Sqrt(correction2).ToScalar();
        using var decay = (-learningRate * options.WeightDecay).ToScalar();
        using var rate = (-learningRate / correction1).ToScalar();
        var denominator = ExpAvgSq.sqrt().div_(root2).add_(HeldScalar.Of(options.Epsilon), HeldScalar.One);
        if (options.WeightDecay > 0)
            parameters.addcmul_(parameters, decayMask, decay);
        if (orthogonal is null)
        {
            parameters.addcdiv_(ExpAvg, denominator, rate);
            return;
        }

        var update = ExpAvg / denominator;
        // Nesterov's look ahead, as in the reference: the moment as it will be if this gradient comes again.
        orthogonal.Write(update, gradient.mul(HeldScalar.Of(1 - options.Beta1)).add(ExpAvg, HeldScalar.Of(options.Beta1)), correction1);
        parameters.add_(update, rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        decayMask.Dispose();
        ExpAvg.Dispose();
        ExpAvgSq.Dispose();
    }
}

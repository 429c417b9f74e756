using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// The parameters of one forward pass: views into one flat buffer in the compute type. Splitting (rather than taking
/// narrow views) makes the gradient of the whole buffer one concatenation.
/// </summary>
internal sealed class ParameterViews : IDisposable
{
    private readonly Tensor[] views;

    /// <summary>Casts and splits <paramref name="flat"/>; everything made belongs to the current dispose scope.</summary>
    public ParameterViews(ParameterLayout layout, Tensor flat, ScalarType compute)
    {
        Compute = compute;
        var cast = flat.dtype == compute ? flat : flat.to_type(compute);
        var parts = cast.split([.. layout.Specs.Select(spec => spec.Padded)], 0);
        views = new Tensor[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var spec = layout.Specs[i];
            var part = (spec.Padded == spec.Count ? parts[i] : parts[i].narrow(0, 0, spec.Count)).view(spec.Shape);
            views[i] = spec.Trainable ? part : part.detach();
        }
    }

    /// <summary>Takes parameters computed from others (merged adapters), in the order of their layout; they stay the caller's.</summary>
    public ParameterViews(Tensor[] parameters, ScalarType compute)
    {
        views = parameters;
        Compute = compute;
    }

    /// <summary>
    /// Weights read one by one, for frozen networks that are too large for a flat buffer in fp32. <paramref name="read"/> gives each parameter in any
    /// type; its result is disposed. They outlive the current scope and need no gradient; dispose them.
    /// </summary>
    public static ParameterViews Load(ParameterLayout layout, Func<ParameterSpec, Tensor> read, Device device, ScalarType compute)
    {
        using var _ = no_grad();
        var views = new List<Tensor>(layout.Specs.Count);
        try
        {
            foreach (var spec in layout.Specs)
            {
                using var scope = NewDisposeScope();
                views.Add(read(spec).reshape(spec.Shape).to(compute, device, copy: true).DetachFromDisposeScope());
            }

            return new ParameterViews([.. views], compute);
        }
        catch
        {
            foreach (var view in views)
                view.Dispose();
            throw;
        }
    }

    /// <summary>Type of the views.</summary>
    public ScalarType Compute { get; }

    /// <summary>Where the views are.</summary>
    public Device Device => views[0].device;

    /// <summary>Weights that outlive the current scope, for sampling; dispose them.</summary>
    public static ParameterViews Keep(ParameterLayout layout, Tensor flat, ScalarType compute)
    {
        using var scope = NewDisposeScope();
        var weights = new ParameterViews(layout, flat, compute);
        foreach (var view in weights.views)
            view.DetachFromDisposeScope();
        return weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in views)
            view.Dispose();
    }

    /// <summary>Parameter by the index that <see cref="ParameterLayout.Add"/> gave.</summary>
    public Tensor this[int index] => views[index];
}

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
    private readonly ParameterLayout? layout;
    private HashSet<int>? touched;

    /// <summary>Casts and splits <paramref name="flat"/>; everything made belongs to the current dispose scope.</summary>
    public ParameterViews(ParameterLayout layout, Tensor flat, ScalarType compute)
    {
        Compute = compute;
        this.layout = layout;
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

    private ParameterViews(ParameterLayout layout, Tensor flat, ScalarType compute, bool recomputes)
        : this(layout, flat, compute)
    {
        for (var i = 0; i < views.Length; i++)
            views[i] = views[i].detach().requires_grad_(layout.Specs[i].Trainable);
        Recomputation = recomputes ? new Recomputation(this) : null;
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

    /// <summary>
    /// Views that are leaves of their own graphs, with which <see cref="Recomputed"/> segments forget what they computed. The gradient comes from
    /// <see cref="Recomputation.Gradient"/>; everything made belongs to the current dispose scope but for the recomputation, which is the caller's.
    /// </summary>
    public static ParameterViews Recomputing(ParameterLayout layout, Tensor flat, ScalarType compute)
    {
        using var _ = no_grad();
        return new ParameterViews(layout, flat, compute, recomputes: true);
    }

    /// <summary>What forgets and recomputes, or null.</summary>
    public Recomputation? Recomputation { get; }

    /// <summary>Their names, shapes and places; throws for views that were computed from others.</summary>
    public ParameterLayout Layout => layout ?? throw new InvalidOperationException("these parameters have no layout");

    /// <summary>
    /// A part of a network, usually a block: work(inputs), which is recomputed in the backward pass where the views are for that. See
    /// <see cref="Recomputation.Run"/> for what <paramref name="work"/> may use.
    /// </summary>
    public Tensor Recomputed(Tensor[] inputs, Func<Tensor[], Tensor> work) => Recomputation is { } later ? later.Run(inputs, work) : work(inputs);

    /// <summary>From here on, see <see cref="Touched"/>.</summary>
    internal void StartTouching() => touched = [];

    /// <summary>Trainable views that were read since, and their indices; stops counting.</summary>
    internal (int[] Indices, Tensor[] Views) Touched()
    {
        int[] indices = [.. (touched ?? []).Where(index => views[index].requires_grad).Order()];
        touched = null;
        return (indices, Array.ConvertAll(indices, index => views[index]));
    }

    /// <summary>All trainable views and their indices.</summary>
    internal (int[] Indices, Tensor[] Views) Leaves()
    {
        int[] indices = [.. Enumerable.Range(0, views.Length).Where(index => views[index].requires_grad)];
        return (indices, Array.ConvertAll(indices, index => views[index]));
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
    public Tensor this[int index]
    {
        get
        {
            touched?.Add(index);
            return views[index];
        }
    }
}

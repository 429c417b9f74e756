using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Layers;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016): of each segment of a network only its inputs are kept for the backward pass, which runs the segment
/// once more. Costs about a third more arithmetic and saves nearly all memory that grows with the depth. For one loss and one gradient, on
/// one thread. A segment must give the same result twice: no random numbers in it.
/// </summary>
internal sealed class Recomputation(ParameterViews parameters) : IDisposable
{
    private readonly List<Segment> segments = [];
    private readonly Dictionary<Tensor, Segment> results = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Tensor, Node> outside = new(ReferenceEqualityComparer.Instance);

    /// <summary>
    /// work(inputs) without its graph; the result continues the caller's graph. <paramref name="work"/> may use nothing but its inputs, the
    /// parameters and tensors that outlive the step, and gives a new tensor. What is computed of a segment's result may go into the loss, but into
    /// a later segment only the result itself.
    /// </summary>
    public Tensor Run(Tensor[] inputs, Func<Tensor[], Tensor> work)
    {
        var nodes = Array.ConvertAll(inputs, input => results.TryGetValue(input, out var from) ? from.Output : Outside(input));
        Tensor output;
        using (no_grad())
        {
            using var scope = NewDisposeScope();
            output = work(inputs).detach().DetachFromDisposeScope();
        }

        var segment = new Segment(nodes, new Node(output.requires_grad_(true)), work);
        segments.Add(segment);
        // The caller may dispose what it gets.
        var result = output.alias();
        results[result] = segment;
        return result;
    }

    /// <summary>The gradient of a loss as one flat float32 buffer of the layout; the caller owns it.</summary>
    public Tensor Gradient(Tensor loss)
    {
        using var scope = NewDisposeScope();
        var sums = new Tensor?[parameters.Layout.Specs.Count];
        var used = segments.Select(segment => segment.Output.Value).ToList();
        if (used.Count > 0)
            Add(segments.Select(segment => segment.Output), autograd.grad([loss], used, null, retain_graph: true, allow_unused: true));
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            Replay(segments[i], sums);
        }

        // What is left lies before, beside and behind the segments: one more pass for all of it.
        var sides = outside.Values.Where(node => node.Gradient is not null).ToList();
        if (used.Count > 0 && sides.Count > 0 && autograd.grad(
                [.. sides.Select(node => node.Value)], used, [.. sides.Select(node => node.Gradient!)], retain_graph: true, allow_unused: true).Any(found => !found.IsInvalid))
            throw new InvalidOperationException("a segment was given something that was computed of another's result");
        var (indices, views) = parameters.Leaves();
        var rest = autograd.grad(
            [loss, .. sides.Select(node => node.Value)], views, [ones_like(loss), .. sides.Select(node => node.Gradient!)], allow_unused: true);
        Add(sums, indices, [.. rest]);
        using var _ = no_grad();
        var flat = zeros(parameters.Layout.Length, device: loss.device);
        foreach (var (spec, sum) in parameters.Layout.Specs.Zip(sums))
        {
            if (sum is null)
                continue;
            using var part = flat.narrow(0, spec.Offset, spec.Count).view(spec.Shape);
            part.copy_(sum);
            sum.Dispose();
        }

        return flat.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        segments.ForEach(segment => segment.Output.Dispose());
        foreach (var node in outside.Values)
            node.Dispose();
    }

    /// <summary>An input that no segment made. An alias, because its owner frees it when the forward pass is over.</summary>
    private Node Outside(Tensor input)
    {
        if (!outside.TryGetValue(input, out var node))
            outside[input] = node = new Node(input.alias().DetachFromDisposeScope());
        return node;
    }

    private void Replay(Segment segment, Tensor?[] sums)
    {
        using var scope = NewDisposeScope();
        parameters.StartTouching();
        var inputs = Array.ConvertAll(segment.Inputs, node => node.Value.requires_grad ? node.Value.detach().requires_grad_(true) : node.Value);
        var output = segment.Work(inputs);
        var (indices, views) = parameters.Touched();
        var wanted = inputs.Zip(segment.Inputs).Where(pair => pair.First.requires_grad).ToList();
        var gradient = segment.Output.Gradient ?? zeros_like(output);
        var found = autograd.grad([output], [.. wanted.Select(pair => pair.First), .. views], [gradient], allow_unused: true);
        Add(wanted.Select(pair => pair.Second), found);
        Add(sums, indices, [.. found.Skip(wanted.Count)]);
    }

    private static void Add(IEnumerable<Node> nodes, IEnumerable<Tensor> gradients)
    {
        foreach (var (node, gradient) in nodes.Zip(gradients))
            node.Add(gradient);
    }

    private static void Add(Tensor?[] sums, IReadOnlyList<int> indices, IReadOnlyList<Tensor> gradients)
    {
        for (var i = 0; i < indices.Count; i++)
        {
            // Not every leaf takes part in every segment.
            if (gradients[i].IsInvalid)
                continue;
            ref var sum = ref sums[indices[i]];
            var before = sum;
            sum = (before is null ? gradients[i] : before.Plus(gradients[i])).DetachFromDisposeScope();
            before?.Dispose();
        }
    }

    /// <summary>A tensor that segments read, and the gradient that has reached it.</summary>
    private sealed class Node(Tensor value) : IDisposable
    {
        public Tensor Value { get; } = value;

        public Tensor? Gradient { get; private set; }

        public void Add(Tensor more)
        {
            if (more.IsInvalid)
                return;
            var sum = Gradient is null ? more : Gradient.Plus(more);
            Gradient?.Dispose();
            Gradient = sum.DetachFromDisposeScope();
        }

        public void Dispose()
        {
            Value.Dispose();
            Gradient?.Dispose();
        }
    }

    private sealed record Segment(Node[] Inputs, Node Output, Func<Tensor[], Tensor> Work);
}

using System.Globalization;
using MiniSora.Model.Layers;
using MiniSora.Model.Native;
using MiniSora.Model.Sampling;
using MiniSora.Model.Systems;
using MiniSora.Model.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Cascade;

/// <summary>
/// A trained cascade as something clips are drawn from, in pixels. Its parameters are those of the five networks one after another, each name behind its network's:
/// <c>stage_a.</c>, <c>semantic.</c>, <c>stage_b.</c>, <c>stage_c.</c>, <c>text.</c>.
/// </summary>
internal sealed class CascadeSystem : IVideoSource
{
    private readonly CascadeOptions options;
    private readonly CascadeNetworks networks;

    public CascadeSystem(CascadeOptions options, Vocabulary vocabulary) : this(options, new CascadeNetworks(options, vocabulary))
    {
    }

    /// <summary>Over networks that are there already.</summary>
    public CascadeSystem(CascadeOptions options, CascadeNetworks networks)
    {
        this.options = options;
        this.networks = networks;
        foreach (var (name, layout) in networks.Layouts)
        {
            foreach (var spec in layout.Specs)
                Layout.Add($"{name}.{spec.Name}", spec.Shape, spec.Start, spec.Decay, spec.Trainable, spec.Hidden, spec.Scale);
        }
    }

    /// <inheritdoc/>
    public ParameterLayout Layout { get; } = new();

    /// <inheritdoc/>
    public bool ImagesOnly => options.Medium == CascadeMedium.Images;

    /// <summary>Its stages are made for one size.</summary>
    public bool AnySize => false;

    /// <summary>Already part of the one size.</summary>
    public int Patch => 1;

    /// <summary>Stage C takes the steps and the guidance that were asked for, stage B half as many steps and its usual guidance, as the original's samplers do.</summary>
    public Tensor Sample(ParameterViews w, LatentRequest request, SamplerOptions sampler, Action<double> report, CancellationToken cancellationToken)
    {
        if (request.Task.Kind is { } task)
            throw new SamplingException("task_unfit", $"A cascade makes clips and images from a prompt alone; only MiniSora does more ({task}).", ("network", "Cascade"), ("task", task));
        var encoded = networks.Encode(request.Prompt);
        if (encoded.Wanted > encoded.Used)
        {
            string Number(int count) => (count - 2).ToString(CultureInfo.InvariantCulture);
            request.Warn(new SamplerWarning("prompt_cut", $"Only the first {Number(encoded.Used)} of {Number(encoded.Wanted)} tokens of the prompt were used.",
                new Dictionary<string, string> { ["kept"] = Number(encoded.Used), ["total"] = Number(encoded.Wanted), ["prompt"] = request.Prompt }));
        }

        var views = new ParameterViews[networks.Layouts.Count];
        for (int i = 0, from = 0; i < views.Length; i++)
        {
            var count = networks.Layouts[i].Layout.Specs.Count;
            views[i] = new ParameterViews([.. Enumerable.Range(from, count).Select(index => w[index])], w.Compute);
            from += count;
        }

        // Not disposed: its views are the caller's.
        var pipeline = new CascadePipeline(options with { Frames = (int)request.Shape[1] }, networks, new Placement(request.Device, w.Compute), views) { Watch = request.Watch };
        var sampling = new CascadeSampling { PriorSteps = sampler.Steps, PriorGuidance = sampler.Guidance, DecoderSteps = Math.Max(1, (sampler.Steps + 1) / 2) };
        return pipeline.Sample([new CascadeRequest(request.Prompt, unchecked((ulong)request.Seed))], sampling, cancellationToken, report);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

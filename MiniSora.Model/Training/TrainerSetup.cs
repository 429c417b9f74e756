using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Autoencoders;
using MiniSora.Model.Backbones;
using MiniSora.Model.Cascade;
using MiniSora.Model.Datasets;
using MiniSora.Model.Native;
using MiniSora.Model.Objectives;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Training;

/// <summary>Everything a training run is made of.</summary>
/// <param name="Seed">Seed of every random choice.</param>
/// <param name="Dataset">Clips; not disposed by the trainer.</param>
/// <param name="Codec">Pixels to latents.</param>
/// <param name="Model">Network.</param>
/// <param name="Objective">Loss.</param>
/// <param name="Training">Optimizer and length.</param>
/// <param name="Placement">Device and compute type.</param>
/// <param name="SpecText">YAML of the run's spec, kept in the checkpoint as it is.</param>
/// <param name="SoftwareVersion">Kept in the checkpoint.</param>
public sealed record TrainerSetup(
    ulong Seed,
    IVideoDataset Dataset,
    CodecOptions Codec,
    BackboneOptions Model,
    ObjectiveOptions Objective,
    TrainingOptions Training,
    Placement Placement,
    string SpecText,
    string SoftwareVersion)
{
    /// <summary>Further shapes of clips beside those of <see cref="Dataset"/>, which stays the main one with a share of 1.</summary>
    public IReadOnlyList<Bucket> Buckets { get; init; } = [];

    /// <summary>All buckets, the main one first.</summary>
    internal IReadOnlyList<Bucket> AllBuckets => [new(Dataset), .. Buckets];

    /// <summary>The main dataset's fingerprint, or one over those of all buckets.</summary>
    internal string Fingerprint => Buckets.Count == 0
        ? Dataset.Fingerprint
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', AllBuckets.Select(bucket => $"{bucket.Share} {bucket.Dataset.Fingerprint}")))));

    /// <summary>Clips in a batch of a bucket: as many as make about as many tokens as a batch of the main one.</summary>
    internal int BatchOf(Bucket bucket)
    {
        static double Voxels(IVideoDataset dataset) => (double)dataset.Frames * dataset.Height * dataset.Width;
        return Math.Max(1, (int)Math.Round(Training.Batch * Voxels(Dataset) / Voxels(bucket.Dataset)));
    }

    /// <summary>Sizes of a cascade; of no meaning to other networks.</summary>
    public CascadeOptions Cascade { get; init; } = new();

    /// <summary>Where imported codecs and text encoders are found.</summary>
    public WeightsPlace Weights { get; init; } = WeightsPlace.None;
}

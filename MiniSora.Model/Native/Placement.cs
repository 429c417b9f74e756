using TorchSharp;

namespace MiniSora.Model.Native;

/// <summary>Where tensors live and in which type the network computes.</summary>
/// <param name="Device">Device of every tensor of a run.</param>
/// <param name="Compute">Type of activations; parameters and optimizer stay float32.</param>
public sealed record Placement(torch.Device Device, torch.ScalarType Compute);

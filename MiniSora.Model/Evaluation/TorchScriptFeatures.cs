using System.Security.Cryptography;
using MiniSora.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Evaluation;

/// <summary>How a feature network is called: values of the switches its <c>forward</c> declares besides the clips.</summary>
/// <param name="Name">Printed with numbers: two protocols are not comparable.</param>
/// <param name="Switches">By the names of the program's arguments.</param>
public sealed record FeatureProtocol(string Name, IReadOnlyDictionary<string, bool> Switches)
{
    /// <summary>StyleGAN-V and Latte: the network itself resizes to 224 and rescales; values are 0 to 255.</summary>
    public static FeatureProtocol StyleGanV { get; } = new("styleganv", new Dictionary<string, bool> { ["rescale"] = true, ["resize"] = true, ["return_features"] = true });

    /// <summary>common_metrics_on_video_quality: clips are prepared by <see cref="FvdPreprocessing"/>.</summary>
    public static FeatureProtocol Prepared { get; } = new("prepared", new Dictionary<string, bool> { ["rescale"] = false, ["resize"] = false, ["return_features"] = true });

    /// <summary>NVIDIA's TorchScript Inception of the FID: pictures [B, 3, H, W] from 0 to 255, which it resizes itself.</summary>
    public static FeatureProtocol Inception { get; } = new("inception", new Dictionary<string, bool> { ["return_features"] = true });

    /// <summary>The clips are the only argument.</summary>
    public static FeatureProtocol Plain { get; } = new("plain", new Dictionary<string, bool>());
}

/// <summary>A feature network cannot be loaded or called; the message says why.</summary>
public sealed class FeatureNetworkException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A feature network the operator provides as a TorchScript program, such as <c>i3d_torchscript.pt</c> of the StyleGAN-V authors. Loading a program
/// is running it: only files of the operator, never of a member, belong here. Numbers made with it carry <see cref="Sha256"/>.
/// </summary>
public sealed class TorchScriptFeatures : IDisposable
{
    private readonly jit.ScriptModule network;
    private readonly object[] switches;
    private readonly Device device;

    private TorchScriptFeatures(jit.ScriptModule network, object[] switches, Device device, string sha256, FeatureProtocol protocol) =>
        (this.network, this.switches, this.device, Sha256, Protocol) = (network, switches, device, sha256, protocol);

    /// <summary>Of the file, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>How it is called.</summary>
    public FeatureProtocol Protocol { get; }

    /// <summary>Loads a program and finds the order of its arguments in its code.</summary>
    /// <param name="path">The file.</param>
    /// <param name="protocol">How to call it.</param>
    /// <param name="placement">Its device; it computes in float32.</param>
    /// <exception cref="FeatureNetworkException">No TorchScript program, or its <c>forward</c> lacks a switch of the protocol.</exception>
    public static TorchScriptFeatures Load(string path, FeatureProtocol protocol, Placement placement)
    {
        var switches = TorchScriptSignature.Of(path).Arguments(protocol);
        TorchRuntime.EnsureLoaded();
        using (var file = File.OpenRead(path))
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(file));
            try
            {
                var network = jit.load(path, placement.Device);
                network.eval();
                return new(network, switches, placement.Device, sha256, protocol);
            }
            catch (System.Runtime.InteropServices.ExternalException error)
            {
                throw new FeatureNetworkException($"{Path.GetFileName(path)} cannot be loaded: {FirstLine(error.Message)}", error);
            }
        }
    }

    /// <summary>Features of clips: float32 [B, C, T, H, W] in the protocol's range to float32 [B, D] on the CPU. The caller owns them.</summary>
    public Tensor Features(Tensor clips)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var input = clips.detach().to_type(ScalarType.Float32).to(device);
        try
        {
            if (network.call([input, .. switches]) is not Tensor features || features.dim() != 2 || features.shape[0] != clips.shape[0])
                throw new FeatureNetworkException("the network does not give one row of features for each clip");
            return features.to_type(ScalarType.Float32).cpu().MoveToOuterDisposeScope();
        }
        catch (System.Runtime.InteropServices.ExternalException error)
        {
            throw new FeatureNetworkException($"the network refuses clips of [{string.Join(", ", clips.shape)}]: {FirstLine(error.Message)}", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    private static string FirstLine(string message) => message.Split('\n', 2)[0];
}

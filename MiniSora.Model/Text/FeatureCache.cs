using System.Security.Cryptography;
using System.Text;
using MiniSora.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace MiniSora.Model.Text;

/// <summary>
/// Keeps a frozen encoder's features on disk, so that a text is encoded once and never within a training step; an encoder of billions of parameters then
/// need not even be loaded. One safetensors file a text, called by the SHA-256 of encoder, length and text; padding is not stored. Files appear whole
/// or not at all and never change, so several processes may share a folder. A damaged file is made anew.
/// </summary>
/// <param name="folder">Where the files lie; made when needed.</param>
public sealed class FeatureCache(string folder)
{
    private const string TokensKey = "tokens";

    /// <summary>Encodes those of <paramref name="texts"/> that are not there yet, <paramref name="batch"/> at a time; returns how many were.</summary>
    public int Fill(ITextFeatures encoder, IEnumerable<string> texts, int length, int batch, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var made = 0;
        foreach (var missing in texts.Distinct().Where(text => !IsSound(PathOf(encoder.Hash, text, length))).Chunk(batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var features = encoder.Encode(missing, length);
            for (var i = 0; i < missing.Length; i++)
            {
                var used = (long)features.Mask[i].sum().item<float>();
                var path = PathOf(encoder.Hash, missing[i], length);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                SafeTensors.Write(path, [(TokensKey, features.Tokens[i].narrow(0, 0, used))]);
            }

            made += missing.Length;
        }

        return made;
    }

    /// <summary>
    /// The kept features of <paramref name="texts"/> of the encoder with this <see cref="ITextFeatures.Hash"/>, on the processor in the type they were made in; tokens behind a text's end
    /// are zero. The caller owns them. Throws <see cref="KeyNotFoundException"/> for a text that was never filled in.
    /// </summary>
    public TextFeatures Read(string encoderHash, IReadOnlyList<string> texts, int length)
    {
        using var scope = NewDisposeScope();
        var rows = texts.Select(text => One(encoderHash, text, length)).ToList();
        var tokens = stack(rows.Select(row => nn.functional.pad(row, [0, 0, 0, length - row.shape[0]])).ToList());
        var mask = tensor(rows.SelectMany(row => Enumerable.Range(0, length).Select(i => i < row.shape[0] ? 1f : 0f)).ToArray(), [texts.Count, length]);
        return new TextFeatures(tokens.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }

    private Tensor One(string encoderHash, string text, int length)
    {
        var path = PathOf(encoderHash, text, length);
        if (!File.Exists(path))
            throw new KeyNotFoundException($"no features of \"{text}\" are kept in {folder}");
        using var file = SafeTensors.Open(path);
        return file.Read(TokensKey);
    }

    /// <summary>Two digits of the name are a folder: file systems slow down with hundred thousands of files in one.</summary>
    private string PathOf(string encoderHash, string text, int length)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{encoderHash}\n{length}\n{text}")));
        return Path.Combine(folder, name[..2], $"{name}.safetensors");
    }

    private static bool IsSound(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using var file = SafeTensors.Open(path);
            return file.Entries.ContainsKey(TokensKey);
        }
        catch (SafeTensorsException)
        {
            return false;
        }
    }
}

using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using MiniSora.Model.Weights;

namespace MiniSora.Model.Evaluation;

/// <summary>
/// Names and defaults of the arguments of a TorchScript program's <c>forward</c>, read from the code in its archive: TorchSharp passes
/// arguments by place and does not tell their names, and programs differ in the order of their switches.
/// </summary>
internal sealed partial class TorchScriptSignature
{
    private const int LargestPart = 16 << 20;
    private readonly string file;
    private readonly IReadOnlyList<(string Name, string? Default)> arguments;

    private TorchScriptSignature(string file, IReadOnlyList<(string Name, string? Default)> arguments) => (this.file, this.arguments) = (file, arguments);

    /// <summary>Reads the archive; nothing is run.</summary>
    internal static TorchScriptSignature Of(string path)
    {
        var file = Path.GetFileName(path);
        try
        {
            using var archive = ZipFile.OpenRead(path);
            var data = archive.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)) ?? throw new FeatureNetworkException($"{file} is no TorchScript program");
            var folder = data.FullName[..^"data.pkl".Length];
            if (PickleReader.Read(path, Content(file, data)).Value is not PickleCall { Function: { } type })
                throw new FeatureNetworkException($"{file} is no TorchScript program");
            // The class __torch__.a.B is in code/__torch__/a.py.
            var dot = type.LastIndexOf('.');
            var code = archive.GetEntry($"{folder}code/{type[..dot].Replace('.', '/')}.py") ?? throw new FeatureNetworkException($"{file} has no code for {type}");
            return new(file, Forward(file, Encoding.UTF8.GetString(Content(file, code)), type[(dot + 1)..]));
        }
        catch (Exception error) when (error is InvalidDataException or TorchFileException)
        {
            throw new FeatureNetworkException($"{file} is no TorchScript program: {error.Message}", error);
        }
    }

    /// <summary>What is passed after the clips: the protocol's switches, and the declared value of others that lie between.</summary>
    internal object[] Arguments(FeatureProtocol protocol)
    {
        var missing = protocol.Switches.Keys.Except(arguments.Skip(1).Select(argument => argument.Name)).ToList();
        if (missing.Count > 0)
            throw new FeatureNetworkException($"{file} has no switch {string.Join(", ", missing)}; its arguments are: {string.Join(", ", arguments.Select(argument => argument.Name))}");
        var given = new List<object>();
        foreach (var (name, otherwise) in arguments.Skip(1))
        {
            if (protocol.Switches.TryGetValue(name, out var value)) given.Add(value);
            else if (bool.TryParse(otherwise, out var declared)) given.Add(declared);
            else if (otherwise is null) throw new FeatureNetworkException($"{file} needs a value for {name}");
            else break;
        }

        var later = arguments.Skip(1 + given.Count).FirstOrDefault(argument => protocol.Switches.ContainsKey(argument.Name)).Name;
        return later is null ? [.. given] : throw new FeatureNetworkException($"{file} has an argument that is no switch before {later}");
    }

    private static List<(string, string?)> Forward(string file, string code, string type)
    {
        var start = code.IndexOf($"class {type}(", StringComparison.Ordinal);
        var end = start < 0 ? -1 : code.IndexOf("\nclass ", start, StringComparison.Ordinal);
        var body = start < 0 ? "" : end < 0 ? code[start..] : code[start..end];
        var match = ForwardHeader().Match(body);
        if (!match.Success) throw new FeatureNetworkException($"{file} has no forward in {type}");
        var all = match.Groups[1].Value.Split(',').Select(argument => ArgumentText().Match(argument)).Where(argument => argument.Success)
            .Select(argument => (argument.Groups[1].Value, argument.Groups[2].Success ? argument.Groups[2].Value : null)).ToList();
        return all.Count < 2 ? throw new FeatureNetworkException($"the forward of {file} takes no clips") : all[1..];
    }

    private static byte[] Content(string file, ZipArchiveEntry entry)
    {
        // The length in the directory is a claim; what is read is bounded all the same.
        using var stream = entry.Open();
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int got; (got = stream.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, got);
            if (content.Length > LargestPart) throw new FeatureNetworkException($"{entry.FullName} in {file} is larger than {LargestPart} bytes");
        }

        return content.ToArray();
    }

    [GeneratedRegex(@"^\s+def forward\(([^)]*)\)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ForwardHeader();

    [GeneratedRegex(@"^\s*(\w+)\s*:[^=]*(?:=\s*(\S+))?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex ArgumentText();
}

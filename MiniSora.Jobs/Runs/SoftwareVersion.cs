using System.Reflection;

namespace MiniSora.Jobs.Runs;

/// <summary>Version of this build, as recorded with runs, checkpoints and videos.</summary>
public static class SoftwareVersion
{
    /// <summary>E.g. <c>minisora 0.1.0+1a2b3c4d</c>; without the commit when it was built outside a repository.</summary>
    public static string Current { get; } = Read();

    private static string Read()
    {
        var text = typeof(SoftwareVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return "minisora " + (plus >= 0 && text.Length > plus + 9 ? text[..(plus + 9)] : text);
    }
}

using System.Reflection;

namespace MiniSora.Web;

/// <summary>Name and version of what runs here.</summary>
public static class Product
{
    /// <summary>E.g. <c>0.1.0</c>, with the commit where the build knew it.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}

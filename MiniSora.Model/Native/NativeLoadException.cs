namespace MiniSora.Model.Native;

/// <summary>libtorch could not be loaded; the message says why and what to do about it.</summary>
public sealed class NativeLoadException : Exception
{
    /// <summary>With <paramref name="message"/> for the person at the console.</summary>
    public NativeLoadException(string message) : base(message) { }

    /// <summary>With the loader's own error inside.</summary>
    public NativeLoadException(string message, Exception inner) : base(message, inner) { }
}

namespace MiniSora.Model.Weights;

/// <summary>
/// Functions that no checkpoint needs and every attack does. Other unknown names are listed and skipped; a file that mentions one
/// of these is refused whole, although nothing here would run it: such a file is not to be passed on.
/// </summary>
internal static class ForbiddenFunctions
{
    private static readonly HashSet<string> Modules =
    [
        "os", "nt", "posix", "subprocess", "sys", "pty", "commands", "popen2", "shutil", "socket", "ctypes", "_ctypes",
        "importlib", "_imp", "imp", "runpy", "pkgutil", "zipimport", "code", "codeop", "operator", "_operator",
        "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "asyncio", "multiprocessing", "webbrowser",
        "urllib", "urllib2", "http", "httplib", "requests", "aiohttp", "ftplib", "smtplib", "xmlrpc",
        "timeit", "pdb", "bdb", "cProfile", "pip", "setuptools", "distutils", "venv",
    ];

    // numpy and torch modules that run code or programs; the rest of those packages is legitimate in checkpoints.
    private static readonly string[] Prefixes =
    [
        "torch.hub", "torch.utils.cpp_extension", "torch.utils.collect_env", "torch.jit", "torch._dynamo", "torch._inductor",
        "torch.serialization", "torch.package", "torch.load", "torch.ops", "numpy.testing", "numpy.f2py", "numpy.distutils",
    ];

    private static readonly HashSet<string> HarmlessBuiltins =
    [
        "set", "frozenset", "complex", "slice", "range", "xrange", "bytearray", "bytes", "int", "long", "float", "bool", "str", "unicode", "list", "tuple", "dict", "object",
    ];

    internal static bool Has(string module, string name)
    {
        var full = $"{module}.{name}";
        var top = full[..full.IndexOf('.', StringComparison.Ordinal)];
        if (module is "builtins" or "__builtin__" or "__builtins__") return !HarmlessBuiltins.Contains(name);
        // The lists of numbers in the data of TorchScript programs.
        if (module == "torch.jit._pickle" && !name.Contains('.', StringComparison.Ordinal)) return false;
        return top is "builtins" or "__builtin__" or "__builtins__" || Modules.Contains(top)
            || Prefixes.Any(prefix => full == prefix || full.StartsWith(prefix + ".", StringComparison.Ordinal));
    }
}

namespace MiniSora.EndToEnd.Tests;

public sealed class PlaceholderTests;

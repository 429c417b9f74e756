namespace MiniSora.Jobs.Tests;

public sealed class PlaceholderTests;

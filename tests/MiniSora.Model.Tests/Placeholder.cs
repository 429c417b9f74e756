namespace MiniSora.Model.Tests;

public sealed class PlaceholderTests;

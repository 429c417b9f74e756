namespace MiniSora.Web.Tests;

public sealed class PlaceholderTests;

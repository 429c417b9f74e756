using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MiniSora.Jobs.Specs;

/// <summary>A YAML document as plain nodes that remember their lines. Aliases, tags and further documents are refused: a spec needs none.</summary>
internal abstract record YamlTree(int Line)
{
    private const int DeepestNesting = 16;

    /// <summary>Parses one document; duplicate keys become problems. Null for an empty document.</summary>
    public static YamlTree? Parse(string yaml, List<SpecProblem> problems)
    {
        var parser = new Parser(new StringReader(yaml));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return null;
        var root = Node(parser, "", 0, problems);
        parser.Consume<DocumentEnd>();
        if (!parser.TryConsume<StreamEnd>(out _))
            throw new YamlException(parser.Current!.Start, parser.Current.End, "one document is expected");
        return root;
    }

    private static YamlTree Node(Parser parser, string path, int depth, List<SpecProblem> problems)
    {
        var start = parser.Current ?? throw new YamlException("the document ends too early");
        if (depth > DeepestNesting)
            throw new YamlException(start.Start, start.End, "nested too deeply");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlText((int)scalar.Start.Line, scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));
        if (parser.TryConsume<SequenceStart>(out _))
            return Sequence(parser, start, path, depth, problems);
        if (parser.TryConsume<MappingStart>(out _))
            return Map(parser, start, path, depth, problems);
        throw new YamlException(start.Start, start.End, "aliases are not used in specs");
    }

    private static YamlSequence Sequence(Parser parser, ParsingEvent start, string path, int depth, List<SpecProblem> problems)
    {
        var items = new List<YamlTree>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(Node(parser, path, depth + 1, problems));
        return new YamlSequence((int)start.Start.Line, items);
    }

    private static YamlMap Map(Parser parser, ParsingEvent start, string path, int depth, List<SpecProblem> problems)
    {
        var entries = new List<(string Key, int Line, YamlTree Value)>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                throw new YamlException(parser.Current!.Start, parser.Current.End, "a name is expected before the colon");
            var line = (int)key.Start.Line;
            var inner = path + key.Value;
            var value = Node(parser, inner + ".", depth + 1, problems);
            if (entries.Any(entry => entry.Key == key.Value))
                problems.Add(SpecProblem.At("spec.duplicate_key", inner, line, ("key", inner)));
            else
                entries.Add((key.Value, line, value));
        }

        return new YamlMap((int)start.Start.Line, entries);
    }
}

internal sealed record YamlText(int Line, string Value, bool Quoted) : YamlTree(Line)
{
    /// <summary>No value was written (<c>key:</c>, <c>~</c>, <c>null</c>).</summary>
    public bool IsNull => !Quoted && Value is "" or "~" or "null";

    /// <summary>As a text field reads it: nothing written is the empty text.</summary>
    public string Text => IsNull ? "" : Value;
}

internal sealed record YamlSequence(int Line, IReadOnlyList<YamlTree> Items) : YamlTree(Line);

internal sealed record YamlMap(int Line, IReadOnlyList<(string Key, int Line, YamlTree Value)> Entries) : YamlTree(Line);

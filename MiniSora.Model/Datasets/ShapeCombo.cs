namespace MiniSora.Model.Datasets;

/// <summary>Shapes of the moving-shapes set; the order is part of the specification.</summary>
public enum ShapeKind { Circle, Square, Triangle, Diamond, Cross, Ring }

/// <summary>Colours of the moving-shapes set; the order is part of the specification.</summary>
public enum ShapeColour { Red, Green, Blue, Yellow, Purple, Cyan, Orange, White }

/// <summary>Sizes of the moving-shapes set.</summary>
public enum ShapeSize { Small, Medium, Large }

/// <summary>Motions of the moving-shapes set; the order is part of the specification.</summary>
public enum ShapeMotion { Still, Right, Left, Up, Down, Clockwise, Counterclockwise, Grow, Shrink, Blink }

/// <summary>Which part of the moving-shapes set a combination belongs to.</summary>
public enum ShapeHoldOut
{
    /// <summary>Seen in training (1,134 combinations).</summary>
    Seen,

    /// <summary>Its shape and colour never occur together in training (180 combinations).</summary>
    Pair,

    /// <summary>Every pair of its attributes is seen, the three together are not (126 combinations).</summary>
    Triple,
}

/// <summary>One of the 1,440 combinations of attributes of the moving-shapes set.</summary>
public readonly record struct ShapeCombo(ShapeKind Shape, ShapeColour Colour, ShapeSize Size, ShapeMotion Motion)
{
    /// <summary>All 1,440 in reference order: shape, colour, size, motion, the last varying fastest.</summary>
    public static IReadOnlyList<ShapeCombo> All { get; } =
    [
        .. from shape in Enum.GetValues<ShapeKind>()
           from colour in Enum.GetValues<ShapeColour>()
           from size in Enum.GetValues<ShapeSize>()
           from motion in Enum.GetValues<ShapeMotion>()
           select new ShapeCombo(shape, colour, size, motion),
    ];

    /// <summary>The 1,134 combinations of the training split, in reference order.</summary>
    public static IReadOnlyList<ShapeCombo> Seen { get; } = Of(ShapeHoldOut.Seen);

    /// <summary>The 180 combinations with an unseen pair of shape and colour.</summary>
    public static IReadOnlyList<ShapeCombo> HeldOutPairs { get; } = Of(ShapeHoldOut.Pair);

    /// <summary>The 126 combinations with an unseen triple of shape, colour and motion.</summary>
    public static IReadOnlyList<ShapeCombo> HeldOutTriples { get; } = Of(ShapeHoldOut.Triple);

    /// <summary>Which part of the set this combination belongs to.</summary>
    public ShapeHoldOut HoldOut
    {
        get
        {
            var (s, c, m) = ((int)Shape, (int)Colour, (int)Motion);
            if ((c - s + 8) % 8 == 4)
                return ShapeHoldOut.Pair;
            return (s + 3 * c + 7 * m) % 10 == 0 ? ShapeHoldOut.Triple : ShapeHoldOut.Seen;
        }
    }

    private static ShapeCombo[] Of(ShapeHoldOut part) => [.. All.Where(combo => combo.HoldOut == part)];
}

using MiniSora.Model.Datasets;

namespace MiniSora.Model.Evaluation;

/// <summary>What <see cref="AttributeReader"/> saw; an attribute it could not make out is null.</summary>
/// <param name="Shape">Shape, or null.</param>
/// <param name="Colour">Colour, or null.</param>
/// <param name="Size">Size, or null.</param>
/// <param name="Motion">Motion, or null.</param>
/// <param name="Compact">Mean share of the object's weight close to its centre, 0 to 1.</param>
public sealed record ShapeReading(ShapeKind? Shape, ShapeColour? Colour, ShapeSize? Size, ShapeMotion? Motion, double Compact)
{
    /// <summary>One compact object whose shape and colour were recognised.</summary>
    public bool Valid => Compact > 0.85 && Shape is not null && Colour is not null;

    /// <summary>Valid, and all four attributes are those of <paramref name="expected"/>.</summary>
    public bool Matches(ShapeCombo expected) =>
        Valid && Shape == expected.Shape && Colour == expected.Colour && Size == expected.Size && Motion == expected.Motion;
}

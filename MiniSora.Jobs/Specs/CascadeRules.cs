using System.Globalization;
using MiniSora.Model.Backbones;

namespace MiniSora.Jobs.Specs;

/// <summary>Rules between the fields of a cascade.</summary>
internal static class CascadeRules
{
    public static void Check(TrainingSpec spec, HashSet<string> outOfRange, List<SpecProblem> problems)
    {
        var cascade = spec.Cascade;
        if (!outOfRange.Overlaps(["cascade.codec_share", "cascade.decoder_share"]) && cascade.CodecShare + cascade.DecoderShare >= 1)
            problems.Add(SpecProblem.At("spec.cascade_shares", "cascade.decoder_share", null, ("sum", (cascade.CodecShare + cascade.DecoderShare).ToString("R", CultureInfo.InvariantCulture))));
        Heads("cascade.decoder_width", cascade.DecoderWidth);
        Heads("cascade.prior_width", cascade.PriorWidth);
        Heads("cascade.text_width", cascade.TextWidth);
        if (spec.Model.Conditioning != ConditioningKind.Text)
            problems.Add(SpecProblem.At("spec.conditioning_unfit", "model.conditioning", null, ("value", SnakeCase.From(spec.Model.Conditioning)), ("with", SnakeCase.From(spec.Model.Network)), ("choices", SnakeCase.From(ConditioningKind.Text))));

        void Heads(string path, int width)
        {
            if (!outOfRange.Overlaps([path, "cascade.heads"]) && (width % cascade.Heads != 0 || width / cascade.Heads % 2 != 0))
                problems.Add(SpecProblem.At("spec.cascade_heads", path, null, ("heads", cascade.Heads.ToString(CultureInfo.InvariantCulture)), ("width", width.ToString(CultureInfo.InvariantCulture))));
        }
    }
}

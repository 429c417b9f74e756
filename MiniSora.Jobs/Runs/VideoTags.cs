using System.Globalization;
using MiniSora.Model.Media;

namespace MiniSora.Jobs.Runs;

/// <summary>What a video says about itself, so that the same one can be made again from the file alone.</summary>
internal static class VideoTags
{
    public static IReadOnlyDictionary<string, string> Of(string specYaml, long seed, string prompt, string checkpointHash) => new Dictionary<string, string>
    {
        [MediaTags.Spec] = specYaml,
        [MediaTags.Seed] = seed.ToString(CultureInfo.InvariantCulture),
        [MediaTags.Checkpoint] = checkpointHash,
        [MediaTags.Software] = SoftwareVersion.Current,
        [MediaTags.Title] = prompt,
    };
}

using System.Globalization;
using MiniSora.Model.Sampling;
using MiniSora.Model.Text;

namespace MiniSora.Model.Systems;

/// <summary>Captions and prompts as tokens of one length.</summary>
internal sealed class PromptEncoder(Vocabulary vocabulary, int length)
{
    /// <summary>Ids that there are.</summary>
    public int VocabularySize => vocabulary.Size;

    /// <summary>The null caption.</summary>
    public EncodedCaption Nothing => Vocabulary.EncodeNull(length);

    /// <summary>A caption of training.</summary>
    public EncodedCaption Encode(LaneCondition condition) => condition.Drop ? Nothing : vocabulary.Encode(condition.Text, length);

    /// <summary>A prompt; one that is too long is cut, with a warning.</summary>
    public EncodedCaption Encode(string prompt, Action<SamplerWarning> warn)
    {
        var encoded = vocabulary.Encode(prompt, length);
        if (encoded.Wanted > encoded.Used)
        {
            warn(new SamplerWarning(
                "prompt_cut",
                $"Only the first {encoded.Used - 2} of {encoded.Wanted - 2} tokens of the prompt were used.",
                new Dictionary<string, string>
                {
                    ["kept"] = (encoded.Used - 2).ToString(CultureInfo.InvariantCulture),
                    ["total"] = (encoded.Wanted - 2).ToString(CultureInfo.InvariantCulture),
                    ["prompt"] = prompt,
                }));
        }

        return encoded;
    }
}

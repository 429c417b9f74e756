namespace MiniSora.Web.Datasets;

/// <summary>Licence and thanks of a dataset that ships or is fetched.</summary>
internal sealed record DatasetCredits(string LicenceName, string? LicenceText, string Credits, string? SourceUrl)
{
    /// <summary>Drawn by our own code.</summary>
    public static DatasetCredits Shapes { get; } = new("MIT", null, "MiniSora contributors", null);

    /// <summary>A member's own files.</summary>
    public static DatasetCredits Folder { get; } = new("", null, "", null);

    /// <summary>What the packages say, no more and no less.</summary>
    public static DatasetCredits Emoji { get; } = new(
        "MIT",
        """
        Art: Microsoft Fluent Emoji (animated), copyright (c) Microsoft Corporation,
        https://github.com/microsoft/fluentui-emoji-animated
        Packaging: @lobehub/fluent-emoji-anim, copyright (c) 2023 LobeHub, MIT License.

        Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
        documentation files (the "Software"), to deal in the Software without restriction, including without limitation
        the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
        to permit persons to whom the Software is furnished to do so, subject to the following conditions:

        The above copyright notice and this permission notice shall be included in all copies or substantial portions
        of the Software.

        THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
        TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
        THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
        CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
        DEALINGS IN THE SOFTWARE.
        """,
        "Microsoft (Fluent Emoji, animated); LobeHub (packages); emojibase and Unicode CLDR (captions)",
        "https://github.com/lobehub/fluent-emoji");
}

using System.Globalization;
using System.Text.RegularExpressions;
using MiniSora.Jobs.Cli;
using MiniSora.Jobs.Runs;
using MiniSora.Jobs.Specs;
using MiniSora.Model.Datasets;
using MiniSora.Model.Media;

namespace MiniSora.Jobs.Tests.Specs;

public sealed partial class SpecTextsTests
{
    private static readonly CultureInfo English = CultureInfo.GetCultureInfo("en");
    private static readonly CultureInfo Chinese = CultureInfo.GetCultureInfo("zh-Hans");

    private static IEnumerable<SpecField> Fields => SpecSchema.Training.Concat(SpecSchema.Sampling);

    private static IEnumerable<string> Keys() =>
    [
        .. Fields.SelectMany(field => new[] { $"field.{field.Path}.label", $"field.{field.Path}.help", $"group.{field.Group}", $"type.{SnakeCase.From(field.Type)}" }),
        .. Fields.SelectMany(field => field.Choices.Select(choice => $"choice.{SnakeCase.From(field.ValueType.Name)}.{choice}")),
        .. Fields.Where(field => field.Unit.Length > 0).Select(field => $"unit.{field.Unit}"),
        .. Enum.GetValues<SpecKind>().Select(kind => $"kind.{SnakeCase.From(kind)}"),
        .. SpecProblem.Codes.Select(code => $"error.{code}"),
        .. MiniSora.Model.Datasets.FolderRefusals.All.Select(code => "refused." + code),
        .. RunFailure.Codes.SelectMany(code => new[] { $"failure.{code}", $"failure.{code}.advice" }),
        .. Recipes.All.SelectMany(recipe => new[] { $"recipe.{recipe.Id}.title", $"recipe.{recipe.Id}.description" }),
        .. Enum.GetValues<DatasetPhase>().Select(phase => $"cli.phase.{SnakeCase.From(phase)}"),
    ];

    [Fact]
    public void Every_field_choice_code_and_phase_has_a_text_in_both_languages()
    {
        var missing = Keys().Distinct().Where(key => SpecTexts.Find(key, English) is null || SpecTexts.Find(key, Chinese) is null);

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_failure_of_data_and_media_is_known()
    {
        Assert.Empty(MediaErrors.All.Except(RunFailure.Codes));
        Assert.Empty(DatasetErrors.All.Except(RunFailure.Codes));
    }

    [Fact]
    public void Both_languages_have_the_same_keys_and_the_same_arguments()
    {
        var resources = new System.Resources.ResourceManager("MiniSora.Jobs.Specs.SpecTexts", typeof(SpecTexts).Assembly);
        Dictionary<string, string> Read(CultureInfo culture) => resources.GetResourceSet(culture, true, false)!
            .Cast<System.Collections.DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        var english = Read(CultureInfo.InvariantCulture);
        var chinese = Read(CultureInfo.GetCultureInfo("zh-CN"));
        static string Arguments(string text) => string.Join(' ', Braces().Matches(text).Select(match => match.Value).Distinct().Order());

        Assert.Equal(english.Keys.Order(), chinese.Keys.Order());
        // An advice may leave out an argument that the sentence before it has named.
        Assert.DoesNotContain(english.Keys, key => !key.EndsWith(".advice", StringComparison.Ordinal) && Arguments(english[key]) != Arguments(chinese[key]));
    }

    [Fact]
    public void Chinese_is_chinese()
    {
        var field = SpecSchema.Find(SpecKind.Training, "training.learning_rate")!;

        Assert.Equal("学习率", SpecTexts.Label(field, Chinese));
        Assert.Equal("Learning rate", SpecTexts.Label(field, CultureInfo.GetCultureInfo("fr")));
    }

    [Fact]
    public void A_problem_is_a_sentence_with_its_numbers()
    {
        var problem = Assert.Single(SpecValidator.Validate(new TrainingSpec { Name = "x", Data = new DataSpec { Frames = 500 } }, SpecContext.Nothing));

        Assert.Equal("data.frames: 500 is outside the allowed range from 2 to 256 frames.", SpecTexts.ProblemWithPlace(problem, English));
        Assert.Equal("data.frames: 500 超出允许范围 2 到 256 帧。", SpecTexts.ProblemWithPlace(problem, Chinese));
    }

    [Fact]
    public void The_reference_of_the_settings_is_up_to_date() =>
        Assert.Equal(File.ReadAllText(Repository.File("docs/spec.md")), SpecDocs.Write());

    [Fact]
    public void The_checkpoint_that_ships_is_the_one_whose_figures_are_shown() =>
        Assert.Contains(MiniSora.Jobs.Runs.FileHash.Sha256(Repository.File("recipes/starter.safetensors")), File.ReadAllText(Repository.File("docs/recipes.md")), StringComparison.Ordinal);

    [Fact]
    public void The_reference_of_the_commands_is_up_to_date() =>
        Assert.Equal(File.ReadAllText(Repository.File("docs/cli.txt")), DocsCommand.Help(TimeProvider.System));

    [GeneratedRegex(@"\{[a-z_0-9]+\}")]
    private static partial Regex Braces();
}

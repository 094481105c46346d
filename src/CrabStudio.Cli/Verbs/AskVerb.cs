using System.CommandLine;
using System.Text.Json;
using CrabStudio.Engine;
using CrabStudio.Media;
using CrabStudio.Model;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Altering;
using CrabStudio.Web.Languages;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab ask</c>.</summary>
internal static class AskVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        ModelArguments model = new();
        AlterArguments alter = new();
        Argument<string[]> clips = new("CLIP")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "The clip; for tasks that take several (a2v, v2a, or a picture and a sound), all of them in the task's order.",
        };
        Option<string> task = new("--task")
        {
            HelpName = "KEY",
            Description = $"What kind of question: {string.Join(", ", TaskCatalog.All.Select(one => one.Key))}. Without it: a free question, given by --question.",
            DefaultValueFactory = _ => "",
        };
        task.CompletionSources.Add(_ => TaskCatalog.All.Select(one => new System.CommandLine.Completions.CompletionItem(one.Key)));
        Option<string?> question = new("--question") { HelpName = "TEXT", Description = "The question, for avqa, avqa_thu and free questions." };
        Option<string[]> options = new("--option") { HelpName = "TEXT", Description = "One of the answers to choose from, for avqa_thu. Repeat it for each." };
        Option<string?> description = new("--description") { HelpName = "TEXT", Description = "What is to be found, for ref_avs." };
        Option<int?> frame = WholeNumber.Option("--frame-index", "Which of the equal parts of the clip is looked at and heard, from 0, for s4, ms3, ref_avs and arig.", 0, int.MaxValue);
        Option<int?> most = WholeNumber.Option("--max-new-tokens", $"Longest answer in tokens, 1 to {BatchRequest.MostNewTokens}. Without it: {BatchRequest.MostNewTokens}.", 1, BatchRequest.MostNewTokens);
        Option<bool> json = new("--json") { Description = "Write one JSON object instead: task, question, text, tokenIds, stoppedByEos, parsed, times, experts (mean weight of each over linears and tokens), intervention (how it was altered; null: not at all)." };
        Command verb = new("ask", "Ask a clip; the answer streams to stdout, progress and the experts' shares go to stderr.")
        {
            clips, task, question, options, description, frame, most, json,
        };
        alter.AddTo(verb);
        model.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            TaskInput input = new(parsed.GetValue(question), parsed.GetValue(options), parsed.GetValue(description), parsed.GetValue(frame));
            return RunAsync(FileArguments.Read(parsed, clips), parsed.GetValue(task)!, input, alter.Read(parsed), parsed.GetValue(most) ?? BatchRequest.MostNewTokens, parsed.GetValue(json), () => model.Read(parsed), cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(string[] clips, string task, TaskInput input, RouterIntervention? intervention, int most, bool json, Func<ModelOptions> model, CancellationToken cancellation)
    {
        MediaReader.CheckTools();
        MediaReader reader = new();
        List<TaskClip> probed = [];
        foreach (string clip in clips)
        {
            probed.Add(new TaskClip(Path.GetFullPath(clip), await reader.ProbeAsync(clip, cancellation)));
        }

        Conversation conversation = ConversationBuilder.Build(task, input, probed);
        using ProgressLine progress = new();
        await using AnalysisEngine engine = await AnswerRun.LoadAsync(model(), progress, cancellation);
        if (intervention is not null)
        {
            intervention.CheckAgainst(engine.Status.Model!);
            progress.Line($"altered: {AlterWords.Whole(intervention, EnglishWords.Only)}");
        }

        bool terminal = !Console.IsOutputRedirected;
        void Show(GeneratedToken token) => Console.Out.Write(terminal ? Terminal.Harmless(token.Text) : token.Text);
        Answer answer = await AnswerRun.AskAsync(engine, new AnalysisRequest(conversation, most, Intervention: intervention), progress, json ? null : Show, cancellation);
        if (!json)
        {
            await Console.Out.WriteLineAsync();
        }

        cancellation.ThrowIfCancellationRequested();
        if (json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(Facts(task, conversation, answer, engine.Status.Model, intervention), JsonLines.Camel));
        }
        else if (answer.Experts is { } experts)
        {
            ExpertBar.Write(Terminal.Remarks(), experts, answer.TokenIds.Count, engine.Status.Model!.TextLinears.Count);
        }

        return CommandException.GoodCode;
    }

    private static object Facts(string task, Conversation conversation, Answer answer, ModelFacts? model, RouterIntervention? intervention) => new
    {
        task,
        question = conversation.Content.OfType<TextItem>().LastOrDefault()?.Text,
        answer.Text,
        answer.TokenIds,
        stoppedByEos = answer.Reason == FinishReason.EndOfText,
        parsed = JsonLines.Parsed(task, answer.Text, JsonLines.Camel),
        answer.PromptTokens,
        answer.PrefillSeconds,
        answer.FirstTokenSeconds,
        answer.Seconds,
        answer.Experts,
        model = model?.Name,
        untrained = model?.Untrained ?? false,
        intervention,
    };
}

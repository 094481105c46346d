using System.CommandLine;

namespace CrabStudio.Cli.Verbs;

/// <summary><c>crab batch</c>.</summary>
internal static class BatchVerb
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        ModelArguments model = new();
        AlterArguments alter = new();
        Argument<string> requests = new("REQUESTS.jsonl")
        {
            Description = "One request a line: {\"name\", \"task\", \"content\": […], \"max_new_tokens\"}. Items of content have a type of text, video, image or audio; "
                + "paths are absolute or relative to this file; with an empty task the content is taken as it is.",
        };
        Option<string> output = new("--out")
        {
            HelpName = "OUT.jsonl",
            Required = true,
            Description = "Where the answers go, one a line in the order of the requests: {\"name\", \"text\", \"token_ids\", \"stopped_by_eos\", \"parsed\"} or {\"name\", \"error\"}; with --alter each answer also has \"intervention\", how it was altered.",
        };
        Option<string?> trace = new("--trace-dir")
        {
            HelpName = "DIR",
            Description = "Keep what was computed on the way (ids, positions, logits, hidden states, router weights) as NAME.safetensors in this folder.",
        };
        Command verb = new("batch", "Answer a file of requests in one go. A bad request never stops the rest; the exit code is 0 when all were answered and 1 when some failed.")
        {
            requests, output, trace,
        };
        alter.AddTo(verb);
        model.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
            new BatchRun(parsed.GetRequiredValue(requests), parsed.GetRequiredValue(output), parsed.GetValue(trace), alter.Read(parsed)).RunAsync(model.Read(parsed), cancellation));
        return verb;
    }
}

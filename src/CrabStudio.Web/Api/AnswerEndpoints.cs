using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CrabStudio.Model.Checkpoints;
using CrabStudio.Model.Generation;
using CrabStudio.Model.Lora;
using CrabStudio.Tasks;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>Answers over HTTP.</summary>
public static class AnswerEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapAnswers(this RouteGroupBuilder api)
    {
        api.MapGet("/queue", (AnswerService service, CancellationToken cancellation) => service.QueueAsync(cancellation))
            .WithTags("Answers")
            .WithSummary("The answers that are in work or wait, in their order. Stop one with POST /api/answers/{id}/stop.");
        RouteGroupBuilder answers = api.MapGroup("/answers").WithTags("Answers");
        answers.MapGet("/{id:guid}", GetAsync)
            .WithSummary("An answer as it stands now. Follow one as it grows at /api/answers/{id}/stream, or at the SignalR hub /hubs/answers, method Watch(answerId, fromToken).")
            .ProducesProblem(StatusCodes.Status404NotFound);
        answers.MapGet("/{id:guid}/stream", StreamAsync)
            .WithSummary("An answer as it grows, as server-sent events named status, prompt and token: what the hub /hubs/answers tells, each once, in order. It ends with the answer. fromToken, or the header Last-Event-ID of a reader that comes back, says at which token it begins.")
            .Produces<AnswerMessage>(StatusCodes.Status200OK, contentType: "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
        answers.MapPost("/{id:guid}/stop", async (Guid id, AnswerService service) =>
            {
                await service.StopAsync(id);
                return Results.NoContent();
            })
            .WithSummary("Stops an answer; does nothing when it has ended.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        answers.MapPost("/{id:guid}/retry", async (Guid id, AnswerService service, CancellationToken cancellation) =>
            {
                Made made = new(await service.RetryAsync(id, cancellation));
                return Results.Accepted($"/api/answers/{made.Id}", made);
            })
            .WithSummary("Asks the same once more, as a new answer of the same session.")
            .Produces<Made>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound);
        answers.MapGet("/{id:guid}/frames/{number:int}", async (Guid id, int number, AnswerService service, HttpContext context, CancellationToken cancellation) =>
            {
                if (await service.FrameOfAsync(id, number, cancellation) is not { } path)
                {
                    return ApiProblems.Of(StatusCodes.Status404NotFound, $"Answer {id} has no frame {number}, or not yet.");
                }

                context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
                return Results.File(path, "image/png");
            })
            .WithSummary("A picture that the model saw, in its very pixels: videos' frames first, then stills, from 0.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png")
            .ProducesProblem(StatusCodes.Status404NotFound);
        answers.MapGet("/{id:guid}/routes", RoutesAsync)
            .WithSummary("Router weights. Linears: the text decoder's first, in the order of the forward pass, then those of the audio and vision towers as far as the prompt had sound and pictures. "
                + "prefillMean covers all of them, steps only the text decoder's. With format=safetensors: the full tensors router_text_prefill, audio_router, vision_router [linear, position, expert] and router_text_steps [step, linear, expert]; of an altered answer its metadata say how (intervention).")
            .Produces<RoutesShape>()
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<AnswerShape> GetAsync(Guid id, AnswerService service, CancellationToken cancellation)
    {
        Answer answer = await service.GetAsync(id, cancellation) ?? throw new UnknownItemException("answer", id);
        IReadOnlyList<TokenUpdate> tokens = await service.GetTokensAsync(id, cancellation);

        // Of an answer that grows meanwhile, no more tokens than its text has.
        TokenUpdate[] shown = [.. tokens.Take(answer.TokenCount)];
        ParsedAnswer parsed = AnswerParser.Parse(answer.TaskKey, answer.Text);
        ModelFacts? model = answer.ModelJson is null ? null : JsonSerializer.Deserialize<ModelFacts>(answer.ModelJson, StudioJson.Options);
        return new AnswerShape(
            answer.Id,
            answer.SessionId,
            answer.TaskKey,
            answer.QuestionText,
            answer.Status,
            answer.FinishReason,
            answer.Text,
            [.. shown.Select(token => token.TokenId)],
            [.. shown.Select(token => new TokenShape(token.Index, token.TokenId, token.Text, token.Seconds))],
            new Localization(parsed.Events, parsed.Boxes, parsed.Points, parsed.Choice, parsed.Exists, parsed.Problems),
            answer.Error,
            answer.AskedAt,
            answer.FirstTokenSeconds,
            answer.TotalSeconds,
            answer.SeenJson is null ? null : JsonSerializer.Deserialize<SeenFacts>(answer.SeenJson, StudioJson.Options),
            model?.Name,
            model?.Untrained ?? false,
            AnswerService.InterventionOf(answer),
            answer.OriginalId);
    }

    private static async Task<IResult> StreamAsync(Guid id, AnswerService service, IHostApplicationLifetime lifetime, HttpContext context, CancellationToken cancellation, int? fromToken = null)
    {
        if (await service.GetAsync(id, cancellation) is null)
        {
            throw new UnknownItemException("answer", id);
        }

        // A reader that lost the connection names the last token that it has.
        int next = int.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out int last) && last < int.MaxValue ? last + 1 : 0;
        return TypedResults.ServerSentEvents(EventsAsync(id, fromToken ?? next, service, lifetime.ApplicationStopping, cancellation));
    }

    private static async IAsyncEnumerable<SseItem<AnswerMessage>> EventsAsync(Guid id, int fromToken, AnswerService service, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // A studio that is told to stop does not wait for those who look on.
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        await foreach (AnswerUpdate update in service.WatchAsync(id, fromToken, either.Token))
        {
            AnswerMessage message = AnswerMessage.Of(update);
            yield return new SseItem<AnswerMessage>(message, message.Kind) { EventId = message.Index?.ToString(CultureInfo.InvariantCulture) };
        }
    }

    private static async Task<IResult> RoutesAsync(Guid id, AnswerService service, CancellationToken cancellation, string format = "json")
    {
        AnswerRoutes routes = await service.GetRoutesAsync(id, cancellation) ?? throw new UnknownItemException("answer", id);
        return format switch
        {
            "json" => Results.Json(Shape(routes), StudioJson.Options),
            "safetensors" => Results.Bytes(Tensors(routes), "application/octet-stream", $"routes-{id}{(routes.Intervention is null ? "" : "-altered")}.safetensors"),
            _ => throw new TaskInputException("format", $"There is no format “{format}”; there are json and safetensors."),
        };
    }

    private static RoutesShape Shape(AnswerRoutes routes)
    {
        RouteMatrix[] parts = [.. new[] { routes.Text, routes.Audio, routes.Vision }.OfType<RouteMatrix>()];
        IEnumerable<string> text = routes.Text?.Linears ?? routes.TextLinears;
        return new RoutesShape(
            routes.Experts,
            [.. text, .. routes.Audio?.Linears ?? [], .. routes.Vision?.Linears ?? []],
            [.. parts.SelectMany(Means)],
            [.. routes.Steps.Select(step => routes.Experts == 0 ? [] : step.Chunk(routes.Experts).ToArray())],
            routes.Intervention);
    }

    private static IEnumerable<float[]> Means(RouteMatrix part) =>
        from linear in Enumerable.Range(0, part.Linears.Count)
        select (from expert in Enumerable.Range(0, part.Experts)
                select (float)Enumerable.Range(0, part.Positions).Select(position => (double)part[linear, position, expert]).DefaultIfEmpty().Average()).ToArray();

    private static byte[] Tensors(AnswerRoutes routes)
    {
        Dictionary<string, PlainTensor> tensors = [];
        foreach ((string name, RouteMatrix? part) in new[] { ("router_text_prefill", routes.Text), ("audio_router", routes.Audio), ("vision_router", routes.Vision) })
        {
            if (part is not null)
            {
                tensors[name] = new PlainTensor([part.Linears.Count, part.Positions, part.Experts], part.Weights);
            }
        }

        float[][] steps = [.. routes.Steps.Where(step => step.Length > 0)];
        if (steps.Length > 0)
        {
            tensors["router_text_steps"] = new PlainTensor([steps.Length, steps[0].Length / routes.Experts, routes.Experts], [.. steps.SelectMany(step => step)]);
        }

        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, tensors, routes.Intervention is null ? null : new Dictionary<string, string> { ["intervention"] = JsonSerializer.Serialize(routes.Intervention, StudioJson.Options) });
        return stream.ToArray();
    }
}

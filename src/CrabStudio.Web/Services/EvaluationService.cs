using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CrabStudio.Engine;
using CrabStudio.Engine.Evaluation;
using CrabStudio.Model;
using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Services;

/// <summary>
/// Runs evaluations with the studio's own model, one at a time, whoever watches. All that counts is in the evaluation's
/// folder: what a stop or the end of the program cut off goes on from there.
/// </summary>
public sealed partial class EvaluationService : IHostedService
{
    private const string Fault = "The evaluation broke off because of a fault in the studio; the details are in the log of the data folder. What was answered is kept; go on to try again.";
    private const int LongestName = 80;
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly Workshop workshop;
    private readonly EvaluationShelf shelf;
    private readonly ModelOptions model;
    private readonly IAnalysisEngine engine;
    private readonly ILogger<EvaluationService> logger;
    private readonly Lock gate = new();

    // Why the last run of an evaluation broke off; its folder does not say.
    private readonly ConcurrentDictionary<string, string> faults = new();
    private Run? current;
    private bool ending;

    /// <summary>Evaluations of a workshop, answered by an engine.</summary>
    public EvaluationService(Workshop workshop, EvaluationShelf shelf, StudioOptions options, IAnalysisEngine engine, IHostApplicationLifetime lifetime, ILogger<EvaluationService> logger)
    {
        (this.workshop, this.shelf, this.engine, this.logger) = (workshop, shelf, engine, logger);
        model = new ModelOptions(options.ModelFolder, options.AdapterFile, options.Alpha, options.Device, options.Precision);
        lifetime.ApplicationStopping.Register(End);
    }

    /// <summary>The evaluation that runs now, or null. Costs nothing: made to be looked at often.</summary>
    public EvaluationSummary? Current
    {
        get
        {
            lock (gate)
            {
                return current?.Summary;
            }
        }
    }

    /// <summary>All evaluations, the one changed last first, and one plain line for each thing that kept more from being found.</summary>
    public (IReadOnlyList<EvaluationSummary> Items, IReadOnlyList<string> Remarks) List(IStringLocalizer<Words> L)
    {
        (IReadOnlyList<ShelvedEvaluation> items, IReadOnlyList<string> remarks) = shelf.List(L);
        EvaluationSummary? running = Current;
        IEnumerable<EvaluationSummary> resting = items.Where(one => one.Id != running?.Id).Select(Resting);
        return ([.. running is null ? resting : resting.Prepend(running)], remarks);
    }

    /// <summary>The evaluation with an id, or null.</summary>
    public EvaluationSummary? Find(string id) => Current is { } running && running.Id == id ? running : shelf.Find(id) is { } found ? Resting(found) : null;

    /// <summary>Starts a new evaluation; it runs in the background.</summary>
    /// <exception cref="TaskInputException">The order cannot be followed.</exception>
    /// <exception cref="EvaluationBusyException">One is at work already.</exception>
    public async Task<EvaluationSummary> StartAsync(EvaluationOrder order)
    {
        string name = order.Name?.Trim() ?? "";
        if (name.Length is 0 or > LongestName || !Names().IsMatch(name))
        {
            throw new TaskInputException("name", $"A name has 1 to {LongestName} letters, digits, blanks, points, lines or underscores and begins with a letter or a digit, because a folder is named so; “{name}” does not.");
        }

        if (TaskCatalog.Find(name) is not null || name == "AVUIE_2")
        {
            throw new TaskInputException("name", $"A folder named {name} would be taken for a part of a data set; choose another name.");
        }

        string folder = Path.Combine(workshop.Root, name);
        if (File.Exists(folder) || Directory.Exists(folder))
        {
            throw new TaskInputException("name", StoredEvaluation.IsIn(folder) ? $"There is an evaluation named {name} already; go on with it, or choose another name." : $"The workshop holds a folder named {name} already; choose another name.");
        }

        if (order.Limit is < 1)
        {
            throw new TaskInputException("limit", $"At least one sample of each task is asked; {order.Limit} was given. Leave the limit out to ask all.");
        }

        if (order.Seed < 0)
        {
            throw new TaskInputException("seed", $"The seed is 0 or more; {order.Seed} was given.");
        }

        if (order.MaxNewTokens is < 1 or > AnswerService.MaxNewTokens)
        {
            throw new TaskInputException("maxNewTokens", $"An answer has 1 to {AnswerService.MaxNewTokens} new tokens; {order.MaxNewTokens} were asked for.");
        }

        if (order.Tasks is { Count: 0 } || order.Tasks?.Any(key => key is null || TaskCatalog.Find(key) is null) == true)
        {
            throw new TaskInputException("tasks", $"Tasks are some of {string.Join(", ", TaskCatalog.All.Select(task => task.Key))}; leave them out to ask all that the data set has.");
        }

        if (string.IsNullOrEmpty(order.Data) || workshop.Get(WorkshopKind.DataSet, order.Data) is not { } source)
        {
            throw new TaskInputException("data", string.IsNullOrEmpty(order.Data) ? "Choose a data set of the workshop." : $"The workshop holds no data set {order.Data}.");
        }

        Run run = Take(name, new EvaluationSummary(
            name, name, EvaluationState.Running, 0, 0, null, EvaluationStage.Reading, null, null, null, source.Name, null, order.Split, order.Tasks, order.Limit, order.Seed, order.MaxNewTokens, null, null, false, DateTimeOffset.UtcNow));
        EvaluationData data;
        try
        {
            data = await Task.Run(() => EvaluationData.Open(AvUieFolder.Open(source.Path), order.Split, order.Tasks, order.Limit, order.Seed));
        }
        catch (Exception refusal)
        {
            Release(run);
            throw refusal is EvaluationException or AvUieException ? new TaskInputException("data", OneLine(refusal)) : refusal;
        }

        return await BeginAsync(run, new EvaluationOptions(folder, model, order.Tasks, order.Limit, order.Seed, order.MaxNewTokens), data);
    }

    /// <summary>Goes on with an evaluation that was stopped, or asks again what could not be asked.</summary>
    /// <exception cref="UnknownItemException">There is no such evaluation.</exception>
    /// <exception cref="EvaluationBusyException">One is at work already.</exception>
    /// <exception cref="EvaluationException">It cannot go on here: another model, other data, or its data set is not in the workshop.</exception>
    public async Task<EvaluationSummary> ResumeAsync(string id)
    {
        ShelvedEvaluation found = shelf.Find(id) ?? throw new UnknownItemException("evaluation", id);
        StoredEvaluation stored = found.Readable;
        EvaluationSummary before = Resting(found);
        Run run = Take(id, before with { State = EvaluationState.Running, Stage = EvaluationStage.Reading, Problem = null });
        EvaluationData data;
        try
        {
            data = stored.IsAtWork()
                ? throw new EvaluationBusyException($"Another program works on {found.Name}; wait for its end, or stop it there.")
                : await Task.Run(() => OpenDataOf(stored));
        }
        catch
        {
            Release(run);
            throw;
        }

        return await BeginAsync(run, new EvaluationOptions(found.Path, model, stored.Tasks, stored.Limit, stored.Seed, stored.MaxNewTokens), data);
    }

    /// <summary>Stops an evaluation and waits until what is finished is kept; does nothing when it does not run.</summary>
    /// <exception cref="UnknownItemException">There is no such evaluation.</exception>
    /// <exception cref="EvaluationBusyException">Another program works on it.</exception>
    public async Task StopAsync(string id)
    {
        Run? run;
        lock (gate)
        {
            run = current?.Id == id ? current : null;
        }

        if (run is not null)
        {
            run.End();
            await EndedAsync(run);
        }
        else if (Find(id) is not { } found)
        {
            throw new UnknownItemException("evaluation", id);
        }
        else if (found.State == EvaluationState.Elsewhere)
        {
            throw new EvaluationBusyException($"Another program works on {found.Name}; stop it there.");
        }
    }

    /// <inheritdoc/>
    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits until what was going on is kept.</summary>
    async Task IHostedService.StopAsync(CancellationToken cancellationToken)
    {
        End();
        Run? run;
        lock (gate)
        {
            run = current;
        }

        if (run is not null)
        {
            await EndedAsync(run);
        }
    }

    [GeneratedRegex(@"^[\p{L}\p{N}][\p{L}\p{N} ._-]*(?<![ .])$")]
    private static partial Regex Names();

    private static async Task EndedAsync(Run run)
    {
        try
        {
            await run.Ended.WaitAsync(EndWithin);
        }
        catch (TimeoutException)
        {
            // It goes on ending in the background.
        }
    }

    private static string OneLine(Exception fault) => fault.Message.ReplaceLineEndings(" ");

    private EvaluationData OpenDataOf(StoredEvaluation stored)
    {
        IReadOnlyList<AvUieFolder> named = shelf.DataOf(stored);
        foreach (AvUieFolder folder in named)
        {
            EvaluationData data;
            try
            {
                data = EvaluationData.Open(folder, stored.Split, stored.Tasks, stored.Limit, stored.Seed);
            }
            catch (Exception other) when (other is EvaluationException or AvUieException)
            {
                // One of the same name that lacks what this evaluation is of.
                continue;
            }

            if (data.Digest.StartsWith(stored.DataDigest, StringComparison.Ordinal))
            {
                return data;
            }

            data.Dispose();
        }

        throw new EvaluationException(named.Count == 0
            ? $"The data set {stored.Data} of this evaluation is not in the workshop folder {workshop.Root}. Put it there, or go on with crab evaluate --data DIR --out {stored.Folder}."
            : $"The lists of the data set {stored.Data} are others than when this evaluation began, so it cannot go on. Start a new one.");
    }

    private Run Take(string id, EvaluationSummary summary)
    {
        lock (gate)
        {
            if (ending)
            {
                throw new EvaluationBusyException("The studio is shutting down. Start the evaluation when it is back.");
            }

            if (current is { Summary: var busy })
            {
                throw new EvaluationBusyException(busy.Id == id
                    ? $"{busy.Name} is at work already."
                    : $"One evaluation runs at a time, and {busy.Name} is at work ({busy.Answered}{(busy.Samples is { } all ? $" of {all}" : "")} samples are done). Stop it, or wait for its end.");
            }

            faults.TryRemove(id, out _);
            return current = new Run(id, summary);
        }
    }

    private void Release(Run run)
    {
        lock (gate)
        {
            if (current == run)
            {
                current = null;
            }
        }
    }

    private async Task<EvaluationSummary> BeginAsync(Run run, EvaluationOptions options, EvaluationData data)
    {
        run.Change(summary => summary with { Samples = data.Items.Count, DataDigest = data.Digest[..16], Data = EvaluationRun.NameOf(data.Folder) });
        run.Ended = Task.Run(() => WorkAsync(run, options, data), CancellationToken.None);
        await Task.WhenAny(run.Begun.Task, run.Ended);

        // What keeps it from beginning is told to who asked for it.
        return run.Ended.IsCompleted && faults.TryRemove(run.Id, out string? fault) ? throw new EvaluationException(fault) : run.Summary;
    }

    private async Task WorkAsync(Run run, EvaluationOptions options, EvaluationData data)
    {
        try
        {
            using (data)
            {
                run.Stopping.ThrowIfCancellationRequested();
                await new EvaluationRun(options, data).RunAsync(() => LoadAsync(run), run.Tell, run.Stopping);
            }

            logger.LogInformation("The evaluation {Name} is done", run.Id);
        }
        catch (OperationCanceledException) when (run.Stopping.IsCancellationRequested)
        {
            logger.LogInformation("The evaluation {Name} was stopped", run.Id);
        }
        catch (Exception failure)
        {
            // What keeps it from beginning is told to who asked, and is no fault.
            logger.Log(run.Begun.Task.IsCompleted ? LogLevel.Error : LogLevel.Information, failure, "The evaluation {Name} broke off", run.Id);
            faults[run.Id] = failure switch
            {
                EvaluationException when !run.Begun.Task.IsCompleted => $"It cannot go on here: {OneLine(failure).Split("; give another --out")[0]}. Start the studio with what it began with, or start a new evaluation.",
                EvaluationException or AvUieException or ModelException => OneLine(failure),
                IOException or UnauthorizedAccessException => $"It could not be written ({OneLine(failure)}). What was answered is kept; make room on the disk or see to its rights, then go on.",
                _ => Fault,
            };
        }
        finally
        {
            Release(run);
        }
    }

    private async Task<IAnalysisEngine> LoadAsync(Run run)
    {
        run.Change(summary => summary with { Stage = EvaluationStage.Loading });
        run.Begun.TrySetResult();
        TimeSpan look = TimeSpan.FromMilliseconds(100);
        while (engine.Status.State == EngineState.Loading)
        {
            await Task.Delay(look, run.Stopping);
        }

        EngineStatus status = engine.Status;
        if (status.State == EngineState.Failed || status.Model is null)
        {
            throw new ModelException(status.Error ?? "The model could not be loaded, so nothing can be evaluated.");
        }

        run.Change(summary => summary with { Model = status.Model.Name, Adapter = status.Model.Adapter, Untrained = status.Model.Untrained });
        return new PeopleFirst(engine, waits => run.Change(summary => summary with { Stage = waits ? EvaluationStage.Waiting : EvaluationStage.Asking }));
    }

    private EvaluationSummary Resting(ShelvedEvaluation found)
    {
        faults.TryGetValue(found.Id, out string? fault);
        if (found.Stored is not { } stored)
        {
            return new EvaluationSummary(found.Id, found.Name, EvaluationState.Unreadable, 0, 0, null, null, null, null, found.Problem, null, null, AvUieSplit.Test, null, null, 0, 0, null, null, false, found.ChangedAt);
        }

        EvaluationState state = stored.IsAtWork() ? EvaluationState.Elsewhere : found.Report is not null ? EvaluationState.Done : EvaluationState.Stopped;
        return new EvaluationSummary(
            found.Id,
            found.Name,
            state,
            found.Answered,
            found.Unanswered,
            found.Report?.Samples ?? stored.Samples,
            null,
            null,
            null,
            state == EvaluationState.Stopped ? fault : null,
            stored.Data,
            stored.DataDigest,
            stored.Split,
            stored.Tasks,
            stored.Limit,
            stored.Seed,
            stored.MaxNewTokens,
            stored.Model?.Name,
            stored.Model?.Adapter,
            stored.Model?.Untrained ?? false,
            found.ChangedAt);
    }

    private void End()
    {
        Run? run;
        lock (gate)
        {
            ending = true;
            run = current;
        }

        run?.End();
    }

    /// <summary>An evaluation at work. Safe for many threads.</summary>
    private sealed class Run(string id, EvaluationSummary summary)
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Lock gate = new();
        private EvaluationSummary summary = summary;

        public string Id => id;

        public CancellationToken Stopping => stop.Token;

        /// <summary>Done when nothing more can keep it from beginning.</summary>
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended { get; set; } = Task.CompletedTask;

        public EvaluationSummary Summary
        {
            get
            {
                lock (gate)
                {
                    return summary;
                }
            }
        }

        public void Change(Func<EvaluationSummary, EvaluationSummary> change)
        {
            lock (gate)
            {
                EvaluationSummary next = change(summary) with { ChangedAt = DateTimeOffset.UtcNow };
                summary = stop.IsCancellationRequested ? next with { Stage = EvaluationStage.Stopping } : next;
            }
        }

        /// <summary>How far it is. Those that could not be asked count as done.</summary>
        public void Tell(EvaluationProgress progress)
        {
            Begun.TrySetResult();
            Change(before => before with
            {
                Stage = progress.Id is null ? EvaluationStage.Measuring : EvaluationStage.Asking,
                Answered = progress.Done,
                Unanswered = 0,
                CurrentSample = progress.Id,
                SecondsLeft = progress.SecondsLeft,
            });
        }

        public void End()
        {
            stop.Cancel();
            Change(before => before);
        }
    }
}

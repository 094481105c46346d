using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Primitives;

namespace CrabStudio.Web.Services;

/// <summary>
/// Which sessions a person wants to see. Task, model, status, altered and event must be true of one and the same answer.
/// Stands in the address of the list, in the names of the HTTP API.
/// </summary>
public sealed record SessionFilter
{
    /// <summary>The word for the free question, whose key is empty, in addresses.</summary>
    public const string FreeTask = "free";

    private const int MostTerms = 8;

    /// <summary>Words, each of which must stand somewhere in the session; what stands in quotes must stand so. Empty: any.</summary>
    public string Search { get; init; } = "";

    /// <summary>Key of a task, or <see cref="FreeTask"/>; null: any.</summary>
    public string? Task { get; init; }

    /// <summary>Name of the model that answered; null: any.</summary>
    public string? Model { get; init; }

    /// <summary>First day of the last use, where the studio runs; null: any.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last day of the last use; null: any.</summary>
    public DateOnly? To { get; init; }

    /// <summary>Tags, all of which it must have.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The folder it lies in; null: any.</summary>
    public string? Folder { get; init; }

    /// <summary>Only those with a star.</summary>
    public bool Starred { get; init; }

    /// <summary>Only those with an answer whose routers were interfered with.</summary>
    public bool Altered { get; init; }

    /// <summary>Where an answer stands; null: anywhere.</summary>
    public AnswerStatus? Status { get; init; }

    /// <summary>The label of an event that an answer names; null: any.</summary>
    public string? Event { get; init; }

    /// <summary>The event lasts longer than so many seconds; null: it need not have times.</summary>
    public double? LongerSeconds { get; init; }

    /// <summary>Those in the bin, instead of the others.</summary>
    public bool Bin { get; init; }

    /// <summary>Whether every session is wanted, of the bin or of the others.</summary>
    public bool IsEmpty => !HasChips && Terms.Count == 0;

    /// <summary>What is looked for, part by part.</summary>
    public IReadOnlyList<string> Terms
    {
        get
        {
            // Between the first and the second quote, the third and the fourth, and so on, blanks belong to the part.
            string[] pieces = Search.Split('"');
            return
            [
                .. pieces.SelectMany((piece, index) => index % 2 == 1 && index < pieces.Length - 1
                    ? (piece.Trim() is { Length: > 0 } words ? [words] : [])
                    : piece.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Take(MostTerms),
            ];
        }
    }

    /// <summary>Whether anything is chosen.</summary>
    public bool HasChips => Chips(EnglishWords.Only).Count > 0;

    /// <summary>What is chosen, in words, each with the filter without it. The search is not among them: it stands in its own field.</summary>
    /// <param name="L">The words; days are written as they are in the language that is spoken now.</param>
    public IReadOnlyList<(string Words, SessionFilter Without)> Chips(IStringLocalizer<Words> L)
    {
        List<(string, SessionFilter)> chips = [];
        void Add(bool chosen, string words, SessionFilter without)
        {
            if (chosen)
            {
                chips.Add((words, without));
            }
        }

        Add(Starred, L["With a star"], this with { Starred = false });
        Add(Folder is not null, L["Folder: {0}", Folder ?? ""], this with { Folder = null });
        chips.AddRange(Tags.Select(tag => (L["Tag: {0}", tag].Value, this with { Tags = [.. Tags.Where(other => other != tag)] })));
        Add(Task is not null, L["Task: {0}", Task == FreeTask ? L["free question"] : Task ?? ""], this with { Task = null });
        Add(Model is not null, L["Model: {0}", Model ?? ""], this with { Model = null });
        Add(Status is not null, L["Answer: {0}", AnswerWords.Word(Status ?? default, L)], this with { Status = null });
        Add(Altered, L["Altered runs"], this with { Altered = false });
        string longer = (LongerSeconds ?? 0).ToString("0.###", CultureInfo.InvariantCulture);
        Add(
            Event is not null || LongerSeconds is not null,
            Event is null ? L["Any event, longer than {0} s", longer] : LongerSeconds is null ? L["Event: {0}", Event] : L["Event: {0}, longer than {1} s", Event, longer],
            this with { Event = null, LongerSeconds = null });
        Add(From is not null, L["From {0}", From?.ToString("d", CultureInfo.CurrentCulture) ?? ""], this with { From = null });
        Add(To is not null, L["Until {0}", To?.ToString("d", CultureInfo.CurrentCulture) ?? ""], this with { To = null });
        return chips;
    }

    /// <summary>The address of the list that shows these.</summary>
    public string Address => "/sessions" + QueryString.Create(Parts().Select(part => KeyValuePair.Create<string, string?>(part.Name, part.Value)));

    /// <summary>What an address asks for. What cannot be read in it is left out: a person may have written it by hand.</summary>
    /// <param name="query">From its question mark on.</param>
    public static SessionFilter Read(string query)
    {
        Dictionary<string, StringValues> parts = QueryHelpers.ParseQuery(query);
        string? One(string name) => parts.TryGetValue(name, out var values) && values[^1] is { Length: > 0 } value ? value : null;
        bool On(string name) => One(name) is "true" or "1";
        return new SessionFilter
        {
            Search = One("search") ?? "",
            Task = One("task"),
            Model = One("model"),
            From = DateOnly.TryParseExact(One("from"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly from) ? from : null,
            To = DateOnly.TryParseExact(One("to"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly to) ? to : null,
            Tags = parts.TryGetValue("tag", out var tags) ? [.. tags.OfType<string>().Where(tag => tag.Length > 0).Distinct()] : [],
            Folder = One("folder"),
            Starred = On("starred"),
            Altered = On("altered"),
            Status = Word(One("status")),
            Event = One("event"),
            LongerSeconds = double.TryParse(One("longer"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds) ? seconds : null,
            Bin = On("bin"),
        };
    }

    /// <summary>The status of a word as the HTTP API writes it; null when there is none.</summary>
    public static AnswerStatus? Word(string? word) =>
        Enum.TryParse(word, ignoreCase: true, out AnswerStatus status) && Enum.IsDefined(status) && status.ToString().Equals(word, StringComparison.OrdinalIgnoreCase) ? status : null;

    /// <summary>The sessions that it wants, in no order.</summary>
    internal IQueryable<Session> Of(StudioDatabase database)
    {
        IQueryable<Session> found = Bin ? database.Sessions.IgnoreQueryFilters().Where(session => session.DeletedAt != null) : database.Sessions;
        foreach (IQueryable<Guid> hits in Terms.Select(database.Found))
        {
            found = found.Where(session => hits.Contains(session.Id));
        }

        found = Tags.Aggregate(found, (sessions, tag) => sessions.Where(session => database.SessionTags.Where(one => one.Tag == tag).Select(one => one.SessionId).Contains(session.Id)));
        if (Folder is { } folder)
        {
            found = found.Where(session => session.Folder == folder);
        }

        if (Starred)
        {
            found = found.Where(session => session.Starred);
        }

        if (From is { } from)
        {
            DateTimeOffset first = Midnight(from);
            found = found.Where(session => session.UpdatedAt >= first);
        }

        if (To is { } to)
        {
            DateTimeOffset next = Midnight(to.AddDays(to < DateOnly.MaxValue ? 1 : 0));
            found = found.Where(session => session.UpdatedAt < next);
        }

        return Answers(database) is { } answers ? found.Where(session => answers.Select(answer => answer.SessionId).Contains(session.Id)) : found;
    }

    // The answers of which one must be there; null: none need be.
    private IQueryable<Answer>? Answers(StudioDatabase database)
    {
        IQueryable<Answer>? answers = null;
        void Only(Expression<Func<Answer, bool>> rule) => answers = (answers ?? database.Answers).Where(rule);
        if (Task is { } task)
        {
            string key = task == FreeTask ? "" : task;
            Only(answer => answer.TaskKey == key);
        }

        if (Model is { } model)
        {
            Only(answer => StudioDatabase.ModelName(answer.ModelJson) == model);
        }

        if (Status is { } status)
        {
            Only(answer => answer.Status == status);
        }

        if (Altered)
        {
            Only(answer => answer.InterventionJson != null);
        }

        if (Event is not null || LongerSeconds is not null)
        {
            IQueryable<AnswerEventRow> events = database.AnswerEvents;
            if (Event is { } label)
            {
                events = events.Where(row => EF.Functions.Collate(row.Label, "NOCASE") == label);
            }

            if (LongerSeconds is { } seconds)
            {
                events = events.Where(row => row.End - row.Start > seconds);
            }

            Only(answer => events.Select(row => row.AnswerId).Contains(answer.Id));
        }

        return answers;
    }

    private IEnumerable<(string Name, string Value)> Parts()
    {
        foreach ((string name, string? value) in new[]
        {
            ("search", Search), ("task", Task), ("model", Model), ("from", From is { } from ? Day(from) : null), ("to", To is { } to ? Day(to) : null), ("folder", Folder), ("starred", Flag(Starred)), ("altered", Flag(Altered)),
            ("status", Status is { } status ? JsonNamingPolicy.CamelCase.ConvertName(status.ToString()) : null), ("event", Event),
            ("longer", LongerSeconds?.ToString("0.###", CultureInfo.InvariantCulture)), ("bin", Flag(Bin)),
        })
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                yield return (name, value);
            }
        }

        foreach (string tag in Tags)
        {
            yield return ("tag", tag);
        }
    }

    private static string? Flag(bool on) => on ? "true" : null;

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // Days are those of the clock on the wall, as the exact times of the pages are.
    private static DateTimeOffset Midnight(DateOnly day)
    {
        DateTime start = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        return new DateTimeOffset(DateTime.SpecifyKind(start - TimeZoneInfo.Local.GetUtcOffset(start), DateTimeKind.Utc));
    }
}

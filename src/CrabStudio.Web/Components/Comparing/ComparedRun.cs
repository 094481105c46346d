using CrabStudio.Model.Generation;
using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Comparing;

/// <summary>One of the runs of a comparison.</summary>
public sealed class ComparedRun
{
    /// <summary>The run of an answer.</summary>
    /// <param name="number">Its place, from 1.</param>
    /// <param name="loaded">The answer.</param>
    /// <param name="L">The words.</param>
    public ComparedRun(int number, ComparedAnswer loaded, IStringLocalizer<Words> L)
    {
        (Number, Name, Session, Routes) = (number, L["run {0}", number], loaded.Session, loaded.Routes);
        State = new AnswerPageState(loaded.Answer);
        foreach (TokenUpdate token in loaded.Tokens)
        {
            State.Apply(token);
        }
    }

    /// <summary>Its place, from 1; the others are compared with the first.</summary>
    public int Number { get; }

    /// <summary>"run 2": numbers, because experts have letters.</summary>
    public string Name { get; }

    /// <summary>Its session.</summary>
    public Session Session { get; }

    /// <summary>The answer.</summary>
    public AnswerPageState State { get; }

    /// <summary>Its routes; null when there are none, or when they were looked at and given back.</summary>
    public AnswerRoutes? Routes { get; private set; }

    /// <summary>Where it is.</summary>
    public string Address => $"/sessions/{State.SessionId}?answer={State.Id}";

    /// <summary>Number of experts; 0 without an adapter.</summary>
    public int Experts => State.Experts;

    /// <summary>Parts of the prompt; empty before it was read.</summary>
    public IReadOnlyList<PromptSpan> Spans => State.Seen?.Spans ?? [];

    /// <summary>Gives the routes of the prompt back: megabytes that an open page would hold for nothing once means are taken.</summary>
    public void Release() => Routes = null;
}

/// <summary>A fact of every run.</summary>
/// <param name="Name">Which.</param>
/// <param name="Values">One for each run.</param>
/// <param name="Measured">Whether it is a measured time, which always differs a little and is no setting.</param>
public sealed record RunFact(string Name, IReadOnlyList<string> Values, bool Measured = false)
{
    /// <summary>Whether it is not the same in all runs.</summary>
    public bool Differs => !Measured && Values.Distinct(StringComparer.Ordinal).Count() > 1;
}

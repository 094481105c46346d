using CrabStudio.Tasks;
using CrabStudio.Tasks.AvUie;
using CrabStudio.Web.Components.Evaluations;
using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Evaluations;

public sealed class EvaluationStateTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 1, 9, 5, 0, TimeSpan.Zero);

    public static EvaluationSummary Summary(string id = "run", EvaluationState state = EvaluationState.Stopped, int answered = 3, int? samples = 10, string data = "demo", int unanswered = 0, EvaluationStage? stage = null, double? left = null, bool untrained = false) => new(
        id, id, state, answered, unanswered, samples, stage, stage is null ? null : "ks:3", left, null, data, "abc", AvUieSplit.Test, null, null, 0, 512, "tiny", null, untrained, Today);

    public static EvaluatedSample Sample(string id, double? score, string text = "an answer", string expected = "a target", string? error = null) =>
        new(id, id.Split(':')[0], "What is it?", [$"{id.Split(':')[0]}/video/clip.mp4"], expected, text, score, error, 1.5, score is { } value ? new Dictionary<string, double> { ["right"] = value } : []);

    [Fact]
    public void AFormBeginsWithAllTasksOfTheTestListsAndASmallNumberOfSamples()
    {
        EvaluationForm form = new([new OfferedData("worlds/one", "worlds/one", ["ave", "ks"], ["ks"]), new OfferedData("two", "two", [], ["s4"])], Today);
        EvaluationOrder order = form.Order();
        Assert.Equal(("worlds/one", "one 2026-03-01 09.05", AvUieSplit.Test, 20), (order.Data, order.Name, order.Split, order.Limit));
        Assert.Null(order.Tasks);
        Assert.True(form.HasBoth);
        form.Set("ave", false);
        Assert.Equal(["ks"], form.Order().Tasks!);
        form.SetAll(false);
        Assert.Empty(form.Order().Tasks!);
        form.SetAll(true);
        Assert.Null(form.Order().Tasks);
    }

    [Fact]
    public void AnotherDataSetIsEvaluatedOnWhatItHasAndANameOfOnesOwnStays()
    {
        EvaluationForm form = new([new OfferedData("one", "one", ["ave"], []), new OfferedData("two", "two", [], ["s4"])], Today);
        form.Set("ave", false);
        form.Data = "two";
        Assert.Equal((AvUieSplit.Train, "two 2026-03-01 09.05", false), (form.Split, form.Name, form.HasBoth));
        Assert.Equal(["s4"], form.Tasks);
        form.Name = "mine";
        form.Data = "one";
        Assert.Equal(("mine", AvUieSplit.Test), (form.Name, form.Split));
        Assert.True(form.Has("ave"));
        form.Refused = new TaskInputException("name", "taken");
        Assert.Equal(("taken", null), (form.Problem("name"), form.Problem("data")));
        Assert.Equal(AvUieSplit.Train, new EvaluationForm([new OfferedData("two", "two", [], ["s4"])], Today).Split);
        Assert.Empty(new EvaluationForm([], Today).Tasks);
    }

    [Fact]
    public void TwoEvaluationsOfTheSameDataAreComparedInTheOrderOfTheirChoice()
    {
        CompareChoice choice = new();
        Assert.Contains("Choose two", choice.Wanting(EnglishWords.Only));
        choice.Set(Summary("b c"), true);
        Assert.Contains("second one", choice.Wanting(EnglishWords.Only));
        choice.Set(Summary("x/a"), true);
        Assert.Equal("/evaluation-comparison?first=b%20c&second=x%2Fa", choice.Address);
        choice.Set(Summary("third", data: "other"), true);
        Assert.Equal(["x/a", "third"], choice.Chosen.Select(one => one.Id));
        Assert.Contains("x/a is of demo, third of other", choice.Wanting(EnglishWords.Only));
        Assert.Null(choice.Address);
        choice.Set(Summary("third", data: "other"), false);
        Assert.Equal(["x/a"], choice.Chosen.Select(one => one.Id));
        Assert.False(CompareChoice.Suits(Summary(answered: 0)));
        Assert.False(CompareChoice.Suits(Summary(state: EvaluationState.Unreadable)));
        Assert.True(CompareChoice.Suits(Summary()));
    }

    [Fact]
    public void SamplesAreFilteredByTaskOutcomeAndTextAndOrderedByScore()
    {
        SampleFilter filter = new()
        {
            Samples = [Sample("ks:0", 1, "drums"), Sample("ks:1", 0, "a DOG"), Sample("ave:0", 0.4), Sample("ave:1", null, "", error: "a.wav is missing"), Sample("avcap:0", 1 - 1e-12)],
        };
        string[] Ids() => [.. filter.Shown.Select(one => one.Id)];
        Assert.Equal(["ks", "ave", "avcap"], filter.Tasks);
        Assert.Equal(5, filter.Shown.Count);
        filter.Outcome = SampleOutcome.Right;
        Assert.Equal(["ks:0", "avcap:0"], Ids());
        filter.Outcome = SampleOutcome.Wrong;
        Assert.Equal(["ks:1", "ave:0"], Ids());
        filter.Outcome = SampleOutcome.NotAsked;
        Assert.Equal(["ave:1"], Ids());
        filter.Outcome = SampleOutcome.All;
        filter.Task = "ks";
        filter.Text = " dog ";
        Assert.Equal(["ks:1"], Ids());
        filter.Task = "";
        filter.Text = "WAV IS";
        Assert.Equal(["ave:1"], Ids());
        filter.Text = "";
        filter.WorstFirst = true;
        Assert.Equal(["ave:1", "ks:1", "ave:0", "avcap:0", "ks:0"], Ids());
        Assert.Equal(["right", "wrong", "in part", "not asked", "right"], filter.Samples.Select(sample => EvaluationWords.Outcome(sample, EnglishWords.Only)));
        Assert.Equal(["outcome-right", "outcome-wrong", "outcome-in-part", "outcome-not-asked", "outcome-right"], filter.Samples.Select(EvaluationWords.OutcomeClass));
    }

    [Theory]
    [InlineData("Asking ks:3, 3 of 10 done, about 25 s left", EvaluationState.Running, 3, 0, EvaluationStage.Asking, 21.0)]
    [InlineData("Waiting: questions of people go first, 3 of 10 done, about 2 min left", EvaluationState.Running, 3, 0, EvaluationStage.Waiting, 119.0)]
    [InlineData("Making the report, 10 of 10 done", EvaluationState.Running, 10, 0, EvaluationStage.Measuring, 0.0)]
    [InlineData("Stopping, 3 of 10 done", EvaluationState.Running, 3, 0, EvaluationStage.Stopping, 20.0)]
    [InlineData("At work in another program, 3 of 10 done", EvaluationState.Elsewhere, 3, 0, null, null)]
    [InlineData("Stopped at 3 of 10 samples", EvaluationState.Stopped, 3, 0, null, null)]
    [InlineData("Done: 10 samples", EvaluationState.Done, 10, 0, null, null)]
    [InlineData("Done: 8 of 10 samples answered, 2 could not be asked", EvaluationState.Done, 8, 2, null, null)]
    [InlineData("Cannot be read", EvaluationState.Unreadable, 0, 0, null, null)]
    public void WhereAnEvaluationStandsIsSaidInWords(string words, EvaluationState state, int answered, int unanswered, EvaluationStage? stage, double? left) =>
        Assert.Equal(words, EvaluationWords.State(Summary(state: state, answered: answered, unanswered: unanswered, stage: stage, left: left), EnglishWords.Only));

    [Theory]
    [InlineData(3, "a few seconds left")]
    [InlineData(89, "about 90 s left")]
    [InlineData(3600, "about 60 min left")]
    [InlineData(9000, "about 2.5 h left")]
    [InlineData(400000, "about 5 days left")]
    public void TimeIsToldInTheUnitThatAPersonWouldTake(double seconds, string words) => Assert.Equal(words, EvaluationWords.Left(seconds, EnglishWords.Only));

    [Fact]
    public void AScaleHoldsAllThatIsDrawnOnIt()
    {
        Assert.Equal(new Scale(0, 1), Scale.Of([0.2, null, 0.9]));
        Assert.Equal(new Scale(-0.5, 3), Scale.Of([-0.5, 3]));
        Assert.Equal(new Scale(-0.25, 0.25), Scale.Around([0.1, -0.25]));
        Assert.Equal(new Scale(-1, 1), Scale.Around([0, null]));
        Assert.Equal(("62.5%", "0%", "100%", "25%"), (new Scale(-1, 1).At(0.25), new Scale(0, 1).At(-3), new Scale(0, 1).At(7), new Scale(0, 2).Wide(0.5, 1)));
    }

    [Fact]
    public void WhatDidNotEndOrLacksSamplesCanGoOn()
    {
        Assert.True(Summary().CanGoOn);
        Assert.True(Summary(state: EvaluationState.Done, unanswered: 1).CanGoOn);
        Assert.False(Summary(state: EvaluationState.Done).CanGoOn);
        Assert.False(Summary(state: EvaluationState.Running).CanGoOn);
        Assert.False(Summary(state: EvaluationState.Elsewhere).CanGoOn);
    }
}

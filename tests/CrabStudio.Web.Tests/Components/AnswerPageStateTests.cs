using CrabStudio.Web.Components.Answers;
using CrabStudio.Web.Data;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests.Components;

public sealed class AnswerPageStateTests
{
    [Fact]
    public void TokensGrowTheTextInOrder()
    {
        AnswerPageState state = Samples.State(["A", " dog", " barks"]);
        Assert.Equal("A dog barks", state.Text);
        Assert.Equal([0, 1, 2], state.Tokens.Select(token => token.Index));
        Assert.Equal(1, state.FirstTokenSeconds);
        Assert.Equal(4, state.TokensPerSecond!.Value, 9);
    }

    [Fact]
    public void AWatcherThatComesBackTakesEachTokenOnce()
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        state.Apply(Samples.Token(0, "A"));
        state.Apply(Samples.Token(1, " dog"));
        state.Apply(Samples.Token(2, " barks"));
        Assert.Equal("A dog barks", state.Text);
        Assert.Equal(3, state.Tokens.Count);
    }

    [Fact]
    public void ATokenThatWouldLeaveAGapIsLeftToTheNextWatch()
    {
        AnswerPageState state = Samples.State(["A"]);
        state.Apply(Samples.Token(2, " barks"));
        Assert.Equal("A", state.Text);
        state.Apply(Samples.Token(1, " dog"));
        state.Apply(Samples.Token(2, " barks"));
        Assert.Equal("A dog barks", state.Text);
    }

    [Fact]
    public void AnyWayOfComingBackEndsInTheSameState()
    {
        Random random = new(7);
        string[] texts = [.. Enumerable.Range(0, 12).Select(index => $" w{index}")];
        for (int trial = 0; trial < 200; trial++)
        {
            AnswerPageState state = new(Samples.Answer(text: string.Concat(texts.Take(random.Next(texts.Length)))));
            bool prompted = false;
            while (state.Tokens.Count < texts.Length)
            {
                // Each watch begins with a status, from where the page is or before, and breaks anywhere.
                state.Apply(Samples.Status(AnswerStatus.Running));
                for (int index = random.Next(state.Tokens.Count + 1), end = index + random.Next(5); index < Math.Min(end, texts.Length); index++)
                {
                    state.Apply(Samples.Token(index, texts[index]));
                    if (!prompted && random.Next(4) == 0)
                    {
                        state.Apply(new PromptUpdate(Samples.Seen(), Samples.Model()));
                        prompted = true;
                    }
                }
            }

            state.Apply(new PromptUpdate(Samples.Seen(), Samples.Model()));
            state.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText"));
            Assert.Equal(string.Concat(texts), state.Text);
            Assert.Equal(Enumerable.Range(0, texts.Length), state.Tokens.Select(token => token.Index));
            Assert.All(state.Tokens, token => Assert.Equal(1, token.Mix!.Sum(), 6));
            Assert.False(state.Unfinished);
        }
    }

    [Fact]
    public void SharesAreSummedUpLaterWhenTokensComeBeforeThePrompt()
    {
        AnswerPageState state = new(Samples.Answer());
        state.Apply(Samples.Token(0, "A"));
        Assert.Null(state.Tokens[0].Mix);
        state.Apply(new PromptUpdate(Samples.Seen(), Samples.Model()));
        Assert.Equal([0.375, 0.375, 0.25], state.Tokens[0].Mix!);
    }

    [Fact]
    public void StoredTextStandsInUntilItsTokensAreThere()
    {
        Answer answer = Samples.Answer(text: "A dog barks");
        answer.TokenCount = 3;
        AnswerPageState state = new(answer);
        Assert.Equal("A dog barks", state.Text);
        Assert.Equal(3, state.TokenCount);
        state.Apply(Samples.Token(0, "A"));
        Assert.Equal("A dog barks", state.Text);
        state.Apply(Samples.Token(1, " dog"));
        state.Apply(Samples.Token(2, " barks"));
        state.Apply(Samples.Token(3, " twice"));
        Assert.Equal("A dog barks twice", state.Text);
        Assert.Equal(4, state.TokenCount);
    }

    [Fact]
    public void TheNewestTokenIsShownUntilAPersonChoosesOne()
    {
        AnswerPageState state = Samples.State(["A"], status: AnswerStatus.Running);
        Assert.True(state.FollowsLast);
        Assert.Equal(0, state.SelectedToken!.Index);
        state.Apply(Samples.Token(1, " dog"));
        Assert.Equal(1, state.SelectedToken!.Index);
        state.Select(0);
        state.Apply(Samples.Token(2, " barks"));
        Assert.Equal(0, state.SelectedToken!.Index);
        Assert.False(state.FollowsLast);
        state.Select(null);
        Assert.Equal(2, state.SelectedToken!.Index);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(99)]
    public void ASelectionThatIsNotThereShowsTheNewest(int index)
    {
        AnswerPageState state = Samples.State(["A", " dog"]);
        state.Select(index);
        Assert.Equal(1, state.SelectedToken!.Index);
    }

    [Fact]
    public void TheChosenTokenIsFoundInTheText()
    {
        AnswerPageState state = Samples.State(["A", "", " dog", " barks"]);
        Assert.Null(state.ChosenText);
        state.Select(2);
        (int start, int length) = state.ChosenText!.Value;
        Assert.Equal(" dog", state.Text.Substring(start, length));
        state.Select(1);
        Assert.Null(state.ChosenText);
        state.Select(1, 3);
        (start, length) = state.ChosenText!.Value;
        Assert.Equal(" dog barks", state.Text.Substring(start, length));
    }

    [Fact]
    public void NothingIsMarkedInStoredTextWhoseTokensAreNotThere()
    {
        AnswerPageState state = new(Samples.Answer(text: "A dog barks"));
        state.Apply(Samples.Token(0, "A"));
        state.Select(0);
        Assert.Null(state.ChosenText);
    }

    [Fact]
    public void WhatIsReadFollowsTheText()
    {
        AnswerPageState state = Samples.State(["<event>dog</event>"]);
        Assert.Null(state.Parsed.Events.Single().StartSeconds);
        state.Apply(Samples.Token(1, "<range>2,5</range>"));
        Assert.Equal(2, state.Parsed.Events.Single().StartSeconds);
    }

    [Fact]
    public void OfATokensRoutesThePageKeepsTheirMeanAlone()
    {
        AnswerPageState state = Samples.State([.. Enumerable.Range(0, 8).Select(index => $" w{index}")]);
        Assert.All(state.Tokens, token => Assert.Equal(3, token.Mix!.Length));
        Assert.DoesNotContain(typeof(ShownToken).GetProperties().Concat(typeof(AnswerPageState).GetProperties()), property => property.PropertyType == typeof(float[]) || property.PropertyType == typeof(AnswerRoutes));
    }

    [Fact]
    public void TimesThatWereToldAreNotForgottenByALaterStatus()
    {
        AnswerPageState state = new(Samples.Answer());
        state.Apply(Samples.Status(AnswerStatus.Running, first: 1.5));
        state.Apply(Samples.Status(AnswerStatus.Done, finish: "EndOfText", total: 4));
        Assert.Equal(1.5, state.FirstTokenSeconds);
        Assert.Equal(4, state.TotalSeconds);
        Assert.Equal("EndOfText", state.FinishReason);
    }

    [Fact]
    public void AStoredAnswerIsWholeWithoutAnyUpdate()
    {
        Answer answer = Samples.Answer(status: AnswerStatus.Done, text: "Done.", model: Samples.Model(untrained: true), seen: Samples.Seen());
        (answer.FinishReason, answer.FirstTokenSeconds, answer.TotalSeconds) = ("EndOfText", 0.5, 2);
        AnswerPageState state = new(answer);
        Assert.True(state.Model!.Untrained);
        Assert.Equal(2, state.Seen!.Frames.Count);
        Assert.Equal("Done.", state.Text);
        Assert.Equal(3, state.Experts);
        Assert.Equal((0.5, 2), (state.FirstTokenSeconds, state.TotalSeconds));
    }
}

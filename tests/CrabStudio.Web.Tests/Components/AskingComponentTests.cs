using AngleSharp.Dom;
using Bunit;
using CrabStudio.Tasks;
using CrabStudio.Web.Components.Asking;
using CrabStudio.Web.Components.Clips;
using CrabStudio.Web.Data;
using CrabStudio.Web.Languages;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace CrabStudio.Web.Tests.Components;

public sealed class AskingComponentTests : PageContext
{
    private static readonly IReadOnlyList<FamilyText> English = TaskTexts.Cards(EnglishWords.Only);

    [Fact]
    public void SevenCardsAndTheFreeQuestionHoldEveryTaskOnce()
    {
        Assert.Equal(8, English.Count);
        Assert.Equal(["", .. TaskCatalog.All.Select(task => task.Key).Order()], English.SelectMany(family => family.Keys).Order());
        Assert.Equal(Enum.GetValues<TaskFamily>().Order(), English.SelectMany(family => family.Families).Order());
    }

    [Fact]
    public void EveryCardHasAPictureASentenceAnExampleAndSaysWhatComesOut()
    {
        IRenderedComponent<TaskPicker> picker = Picker(new AskState());
        IElement[] cards = [.. picker.AllNamed("task-family")];
        Assert.Equal(8, cards.Length);
        foreach ((IElement card, FamilyText text) in cards.Zip(English))
        {
            Assert.NotNull(card.QuerySelector("svg"));
            Assert.Equal(text.Title, card.QuerySelector("h3")!.Words());
            Assert.Contains(text.Sentence, card.Words());
            Assert.Contains(text.Example, card.Words());
            Assert.Contains(text.Gives, card.Words());
            Assert.All(new[] { text.Title, text.Sentence, text.Example, text.Gives, text.Icon }, words => Assert.NotEqual("", words));
        }
    }

    [Fact]
    public async Task EveryTaskCanBeChosenByItsRadioButton()
    {
        foreach (string key in English.SelectMany(family => family.Keys))
        {
            AskState state = AskStateTests.WithClips(key);
            int told = 0;
            IRenderedComponent<TaskPicker> picker = Picker(state, () => told++);
            IElement label = picker.Named($"task-card-{(key.Length == 0 ? "free" : key)}");
            Assert.Equal("LABEL", label.TagName);
            Assert.NotEqual("", label.QuerySelector(".variant-words")!.Words());
            Assert.Equal(key.Length == 0 ? "free" : key, label.QuerySelector(".task-key")!.Words());
            await label.QuerySelector("input[type=radio]")!.ChangeAsync(key);
            Assert.Equal((key, 1), (state.TaskKey, told));
        }
    }

    [Fact]
    public void RadioButtonsAreOneGroupOfTheirOwn()
    {
        IRenderedComponent<TaskPicker> one = Picker(new AskState()), other = Picker(new AskState());
        Assert.Single(one.FindAll("input[type=radio]").Select(input => input.GetAttribute("name")).Distinct());
        Assert.NotEqual(one.Find("input[type=radio]").GetAttribute("name"), other.Find("input[type=radio]").GetAttribute("name"));
    }

    [Fact]
    public void TasksThatTheClipsDoNotSuitAreClosedAndSayWhy()
    {
        AskState state = new();
        state.Add(Samples.Clip(Samples.Video(sound: false), "silent.mp4"));
        IRenderedComponent<TaskPicker> picker = Picker(state);
        Assert.True(picker.Named("task-card-ave").QuerySelector("input")!.HasAttribute("disabled"));
        Assert.Contains("silent.mp4 has no sound", picker.Named("task-card-ave").QuerySelector(".variant-why")!.Words());
        Assert.False(picker.Named("task-card-free").QuerySelector("input")!.HasAttribute("disabled"));
    }

    [Fact]
    public void TheCardOfTheChosenTaskStandsOut()
    {
        AskState state = AskStateTests.WithClips("s4");
        state.Choose("s4");
        IRenderedComponent<TaskPicker> picker = Picker(state);
        Assert.Equal("Where is it?", Assert.Single(picker.FindAll(".task-family-chosen")).QuerySelector("h3")!.Words());
        Assert.True(picker.Named("task-card-s4").QuerySelector("input")!.HasAttribute("checked"));
    }

    [Theory]
    [InlineData("avcap", new string[0])]
    [InlineData("", new[] { "question" })]
    [InlineData("avqa_thu", new[] { "question", "options" })]
    [InlineData("ref_avs", new[] { "description", "frame-index" })]
    public async Task TheFormAsksForWhatTheTaskNeedsAndSaysBesideTheFieldWhatIsMissing(string key, string[] fields)
    {
        AskState state = AskStateTests.WithClips(key);
        state.Choose(key);
        int asked = 0;
        IRenderedComponent<QuestionForm> form = Form(state, () => asked++);
        Assert.Equal(fields, new[] { "question", "options", "description", "frame-index" }.Where(name => form.AllNamed($"{name}-input").Count > 0));
        Assert.Empty(form.FindAll(".mud-input-error"));

        await form.Named("question-form").SubmitAsync();
        Assert.Equal(fields.Length == 0 ? 1 : 0, asked);
        Assert.Equal(fields, form.FindAll("[aria-invalid=true]").Select(input => input.GetAttribute("data-testid")!.Replace("-input", "")));
        foreach (IElement field in form.FindAll("[aria-invalid=true]"))
        {
            string told = form.Find($"#{field.GetAttribute("aria-describedby")!.Split(' ')[0]}").Words();
            Assert.Contains(state.Missing(field.GetAttribute("data-testid") switch { "frame-index-input" => "frameIndex", var id => id!.Replace("-input", "") }, EnglishWords.Only)!, told);
        }
    }

    [Fact]
    public async Task WhatIsFilledInIsNoLongerMissingAndIsAsked()
    {
        AskState state = AskStateTests.WithClips("");
        state.Choose("");
        int asked = 0;
        IRenderedComponent<QuestionForm> form = Form(state, () => asked++);
        await form.Named("question-form").SubmitAsync();
        await form.Named("question-input").InputAsync("What is it?");
        Assert.Empty(form.FindAll("[aria-invalid=true]"));
        await form.Named("question-form").SubmitAsync();
        Assert.Equal((1, "What is it?"), (asked, state.Input().Question));
    }

    [Fact]
    public async Task WithoutClipOrTaskTheFormSaysWhatComesFirst()
    {
        AskState state = new();
        IRenderedComponent<QuestionForm> form = Form(state);
        await form.Named("question-form").SubmitAsync();
        Assert.Equal("Add a clip first.", form.Named("ask-problem").Words());
        state.Add(Samples.Clip(Samples.Video()));
        form.Render();
        Assert.Equal("Choose a kind of question above.", form.Named("ask-problem").Words());
        state.Choose("a2v");
        state.Asked = true;
        form.Render();
        Assert.Contains("three clips", form.Named("ask-problem").Words());
        Assert.Equal("alert", form.Named("ask-problem").GetAttribute("role"));
    }

    [Fact]
    public void TheWordsOfATaskAreShownWithGapsNotWithPlaceholders()
    {
        AskState state = AskStateTests.WithClips("avqa_thu");
        state.Choose("avqa_thu");
        Assert.Equal("The model is asked: “Please answer the question based on the options: …, options:[…]”", Form(state).Find(".ask-words").Words());
        Assert.All(TaskCatalog.All, task =>
        {
            state.Choose(task.Key);
            Assert.DoesNotContain("{", Form(state).Find(".ask-words").Words());
        });
    }

    [Fact]
    public void AQuestionIsHandedOverOnce()
    {
        IRenderedComponent<QuestionForm> form = Render<QuestionForm>(parameters => parameters.Add(one => one.State, AskStateTests.WithClips("")).Add(one => one.Busy, true));
        Assert.True(form.Named("ask-button").HasAttribute("disabled"));
        Assert.Equal("Asking …", form.Named("ask-button").Words());
    }

    [Fact]
    public void ChosenClipsSayTheirPartInTheTask()
    {
        AskState state = AskStateTests.WithClips("a2v");
        state.Choose("a2v");
        IRenderedComponent<ChosenClips> clips = Chosen(state);
        Assert.Equal(["the sound", "first video", "second video"], clips.AllNamed("chosen-clip").Select(item => item.QuerySelector("strong")!.Words()));
        state.Choose("avcap");
        Assert.Empty(Chosen(state).FindAll("strong"));
    }

    [Fact]
    public async Task ClipsAreMovedLeftOutAndShownByButtonsThatNameThem()
    {
        AskState state = AskStateTests.WithClips("a2v");
        Clip[] before = [.. state.Clips];
        Guid? shown = null;
        int changed = 0;
        IRenderedComponent<ChosenClips> clips = Render<ChosenClips>(parameters => parameters.Add(one => one.State, state).Add(one => one.ShownChanged, (Guid? id) => shown = id).Add(one => one.Changed, () => changed++));
        Assert.True(clips.Find("[aria-label='Move bell.wav up']").HasAttribute("disabled"));
        Assert.True(clips.Find("[aria-label='Move two.mp4 down']").HasAttribute("disabled"));
        await clips.Find("[aria-label='Move bell.wav down']").ClickAsync(new MouseEventArgs());
        Assert.Equal([before[1], before[0], before[2]], state.Clips);
        await clips.Find("[aria-label='Leave out one.mp4']").ClickAsync(new MouseEventArgs());
        Assert.Equal([before[0], before[2]], state.Clips);
        Assert.Equal(2, changed);
        await clips.FindAll(".clip-pick")[1].ClickAsync(new MouseEventArgs());
        Assert.Equal(before[2].Id, shown);
    }

    [Fact]
    public void AClipIsPlayedAsWhatItIs()
    {
        Assert.Equal("VIDEO", Player(Samples.Video()).Named("player").TagName);
        Assert.Equal("AUDIO", Player(Samples.Sound()).Named("player").TagName);
        Assert.Equal("IMG", Player(Samples.Picture()).Named("player").TagName);
        Assert.All(new[] { Samples.Video(), Samples.Sound() }, probe => Assert.True(Player(probe).Named("player").HasAttribute("data-player")));
        Assert.Empty(Render<ClipPoster>(parameters => parameters.Add(one => one.Id, Guid.NewGuid()).Add(one => one.Kind, Media.ClipKind.Audio)).FindAll("img"));
    }

    [Fact]
    public async Task UploadsShowTheirProgressAndCanBeCancelled()
    {
        IRenderedComponent<UploadZone> zone = Render<UploadZone>();
        BunitJSModuleInterop module = JSInterop.SetupModule(_ => true);
        zone = Render<UploadZone>();
        await zone.InvokeAsync(() => zone.Instance.UploadStarted("upload-1", "ball.mp4", 2_000_000));
        await zone.InvokeAsync(() => zone.Instance.UploadProgress("upload-1", 500_000, 2_000_000));
        Assert.Contains("500 kB of 2.0 MB", zone.Named("upload").Words());
        Assert.Equal("0.25", zone.Find("progress").GetAttribute("value"));
        Assert.Equal("Upload of ball.mp4", zone.Find("progress").GetAttribute("aria-label"));
        await zone.InvokeAsync(() => zone.Instance.UploadProgress("upload-1", 2_000_000, 2_000_000));
        Assert.Contains("the studio examines it", zone.Named("upload").Words());

        await zone.Named("upload-cancel").ClickAsync(new MouseEventArgs());
        Assert.Equal(["upload-1"], module.Invocations["cancel"].Single().Arguments);
        await zone.InvokeAsync(() => zone.Instance.UploadCancelled("upload-1"));
        Assert.Empty(zone.AllNamed("upload"));
    }

    [Fact]
    public async Task ARefusedUploadSaysWhyUntilItIsPutAway()
    {
        IRenderedComponent<UploadZone> zone = Render<UploadZone>();
        await zone.InvokeAsync(() => zone.Instance.UploadStarted("upload-1", "notes.txt", 10));
        await zone.InvokeAsync(() => zone.Instance.UploadFailed("upload-1", "notes.txt is a text, not a clip."));
        Assert.Equal("notes.txt is a text, not a clip.", zone.Named("upload-error").Words());
        Assert.Equal("alert", zone.Named("upload-error").GetAttribute("role"));
        Assert.Empty(zone.FindAll("progress"));
        await zone.Find("[data-testid=upload] button").ClickAsync(new MouseEventArgs());
        Assert.Empty(zone.AllNamed("upload"));
    }

    [Fact]
    public async Task AnUploadThatWasTakenInIsHandedOnWhileOthersGoOn()
    {
        List<Guid> added = [];
        IRenderedComponent<UploadZone> zone = Render<UploadZone>(parameters => parameters.Add(one => one.Added, added.Add));
        Guid id = Guid.NewGuid();
        await zone.InvokeAsync(() => zone.Instance.UploadStarted("upload-1", "one.mp4", 10));
        await zone.InvokeAsync(() => zone.Instance.UploadStarted("upload-2", "two.mp4", 10));
        await zone.InvokeAsync(() => zone.Instance.UploadDone("upload-1", id));
        Assert.Equal([id], added);
        Assert.Contains("two.mp4", Assert.Single(zone.AllNamed("upload")).Words());
    }

    [Fact]
    public void FilesCanBeChosenByKeyboardOnceTheConnectionLives()
    {
        IRenderedComponent<UploadZone> zone = Render<UploadZone>();
        IElement input = zone.Named("upload-input");
        Assert.Equal("LABEL", input.ParentElement!.TagName);
        Assert.False(input.HasAttribute("disabled"));
        Assert.Equal("Choose files", input.ParentElement.Words());
        Assert.True(input.HasAttribute("multiple"));
    }

    private IRenderedComponent<TaskPicker> Picker(AskState state, Action? chosen = null) => Render<TaskPicker>(parameters => parameters.Add(one => one.State, state).Add(one => one.Chosen, chosen ?? (() => { })));

    private IRenderedComponent<QuestionForm> Form(AskState state, Action? ask = null) => Render<QuestionForm>(parameters => parameters.Add(one => one.State, state).Add(one => one.Ask, ask ?? (() => { })));

    private IRenderedComponent<ChosenClips> Chosen(AskState state) => Render<ChosenClips>(parameters => parameters.Add(one => one.State, state));

    private IRenderedComponent<ClipPlayer> Player(Media.ClipProbe probe) => Render<ClipPlayer>(parameters => parameters.Add(one => one.Clip, Samples.Clip(probe)));
}

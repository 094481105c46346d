using Bunit;
using CrabStudio.Engine;
using CrabStudio.Web.Components.Layout;
using CrabStudio.Web.Components.Pages;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Utilities;

namespace CrabStudio.Web.Tests.Components;

public sealed class LayoutComponentTests : PageContext
{
    public static TheoryData<string, EngineStatus> States => new()
    {
        { "Loading 42%", new EngineStatus(EngineState.Loading, 0.42, null, null, 0, 0) },
        { "Model failed", new EngineStatus(EngineState.Failed, 0, "A shard is missing.", null, 0, 0) },
        { "Ready", new EngineStatus(EngineState.Ready, 1, null, Samples.Model(), 0, 0) },
        { "Busy", new EngineStatus(EngineState.Ready, 1, null, Samples.Model(), 1, 0) },
        { "Busy, 2 waiting", new EngineStatus(EngineState.Ready, 1, null, Samples.Model(), 1, 2) },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void TheStateOfTheModelIsSaidInWords(string words, EngineStatus status)
    {
        Engine.Status = status;
        Assert.Equal($"Model: {words}", Render<ModelStatus>().Named("model-status").Words());
    }

    [Fact]
    public void AnUntrainedModelIsNamedOnEveryPage()
    {
        Engine.Status = Engine.Status with { Model = Samples.Model(untrained: true) };
        Assert.Equal("Model: Ready, untrained weights", Render<ModelStatus>().Named("model-status").Words());
    }

    [Fact]
    public void TheStateOfTheModelIsDrawnAnewWhenItChanges()
    {
        Engine.Status = new EngineStatus(EngineState.Loading, 0.5, null, null, 0, 0);
        IRenderedComponent<ModelStatus> status = Render<ModelStatus>();
        Engine.Status = new EngineStatus(EngineState.Ready, 1, null, Samples.Model(), 0, 0);
        status.WaitForAssertion(() => Assert.Equal("Model: Ready", status.Named("model-status").Words()), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task WhoWantsAWordWhenDoneIsAskedOnceAndToldWhenTheBrowserForbidsIt()
    {
        JSInterop.Setup<string>("crabNotice.state").SetResult("off");
        JSInterop.Setup<string>("crabNotice.turn", true).SetResult("denied");
        IRenderedComponent<NoticeToggle> toggle = Render<NoticeToggle>();
        Assert.False(toggle.Named("notice-toggle").HasAttribute("checked"));
        await toggle.Named("notice-toggle").ChangeAsync(true);
        Assert.True(toggle.Named("notice-toggle").HasAttribute("disabled"));
        Assert.Contains("Allow notifications", toggle.Find(".notice-toggle").Words());
    }

    [Fact]
    public void EveryShortcutIsListedWithItsKeys()
    {
        IRenderedComponent<Shortcuts> list = Render<Shortcuts>();
        Assert.All(list.FindAll("tr"), row => Assert.NotEmpty(row.QuerySelectorAll("kbd")));
        Assert.Contains("q queue", list.FindAll("tr").Select(Elements.Cells));
    }

    [Theory]
    [InlineData(true, "h1")]
    [InlineData(false, "h2")]
    public void AnEmptyPageHasAPictureATitleAndOneThingToDo(bool page, string heading)
    {
        IRenderedComponent<EmptyState> empty = Render<EmptyState>(parameters => parameters.Add(one => one.Title, "No session yet").Add(one => one.Text, "Ask first.").Add(one => one.Page, page).AddChildContent("<a href='/'>New analysis</a>"));
        Assert.Equal("No session yet", empty.Find(heading).Words());
        Assert.Contains("Ask first.", empty.Markup);
        Assert.Equal("true", empty.Find("svg").GetAttribute("aria-hidden"));
        Assert.Equal("/", empty.Find(".empty-actions a").GetAttribute("href"));
    }

    [Fact]
    public async Task AnExplanationOpensByPressAndClosesByPressOrEscape()
    {
        IRenderedComponent<HelpTip> help = Render<HelpTip>(parameters => parameters.Add(one => one.About, "entropy").AddChildContent("H = −Σ p · log₂ p"));
        Assert.Equal(("Explain: entropy", "false"), (help.Find(".help-button").GetAttribute("aria-label"), help.Find(".help-button").GetAttribute("aria-expanded")));
        Assert.Empty(help.FindAll(".help-text"));

        await help.Find(".help-button").ClickAsync(new MouseEventArgs());
        Assert.Contains("H = −Σ p · log₂ p", help.Find(".help-text").Words());
        Assert.Equal(help.Find(".help-text").Id, help.Find(".help-button").GetAttribute("aria-controls"));
        await help.Find(".help-tip").KeyDownAsync(new KeyboardEventArgs { Key = "a" });
        Assert.Single(help.FindAll(".help-text"));
        await help.Find(".help-close").KeyDownAsync(new KeyboardEventArgs { Key = "Escape" });
        Assert.Empty(help.FindAll(".help-text"));

        await help.Find(".help-button").ClickAsync(new MouseEventArgs());
        await help.Find(".help-close").ClickAsync(new MouseEventArgs());
        Assert.Empty(help.FindAll(".help-text"));
    }

    [Fact]
    public void ColoursGoRoundAndTellOnlyWhatChanged()
    {
        ThemeState theme = new("system", dark: false);
        int told = 0;
        theme.Changed += () => told++;
        Assert.Equal("light", theme.Next);
        theme.Set("system", dark: false);
        Assert.Equal(0, told);
        theme.Set("light", dark: false);
        Assert.Equal("dark", theme.Next);
        theme.Set("dark", dark: true);
        Assert.Equal(("system", 2, true), (theme.Next, told, theme.Dark));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryTextIsReadableOnEveryGround(bool dark)
    {
        Palette palette = dark ? StudioTheme.Theme.PaletteDark : StudioTheme.Theme.PaletteLight;
        foreach (MudColor ground in new[] { palette.Background, palette.BackgroundGray, palette.Surface })
        {
            foreach (MudColor text in new[] { palette.TextPrimary, palette.TextSecondary, palette.Primary, palette.Error, palette.Warning, palette.Success, palette.Info })
            {
                Assert.True(Contrast.Of(Hex(text), Hex(ground)) >= 4.5, $"{Hex(text)} on {Hex(ground)}: {Contrast.Of(Hex(text), Hex(ground)):0.00}");
            }
        }

        Assert.True(Contrast.Of(Hex(palette.PrimaryContrastText), Hex(palette.Primary)) >= 4.5);
        Assert.True(Contrast.Of(Hex(palette.ErrorContrastText), Hex(palette.Error)) >= 4.5);
    }

    [Fact]
    public async Task ASessionIsRenamedByEnterAndNotToNothing()
    {
        IRenderedComponent<MudDialogProvider> provider = Render<MudDialogProvider>();
        IDialogService dialogs = Services.GetRequiredService<IDialogService>();
        IDialogReference shown = await provider.InvokeAsync(() => dialogs.ShowAsync<RenameDialog>("Rename", new DialogParameters<RenameDialog> { { dialog => dialog.Name, "Old" } }));
        Assert.Equal("Old", provider.Named("rename-input").GetAttribute("value"));
        await provider.Named("rename-input").InputAsync("  ");
        Assert.True(provider.Named("rename-save").HasAttribute("disabled"));
        await provider.Named("rename-input").KeyDownAsync(new KeyboardEventArgs { Key = "Enter" });
        Assert.False(shown.Result.IsCompleted);
        await provider.Named("rename-input").InputAsync("New");
        await provider.Named("rename-input").KeyDownAsync(new KeyboardEventArgs { Key = "Enter" });
        DialogResult? result = await shown.Result.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("New", result!.Data);
    }

    private static string Hex(MudColor colour) => $"#{colour.R:X2}{colour.G:X2}{colour.B:X2}";
}

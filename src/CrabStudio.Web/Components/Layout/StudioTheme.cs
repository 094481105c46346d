using MudBlazor;

namespace CrabStudio.Web.Components.Layout;

/// <summary>
/// How the studio looks, in one place. Components name no colours; they use MudBlazor's tokens, which come from here.
/// The colours of experts are data, not decoration: see <see cref="Routing.ExpertPalette"/>.
/// </summary>
public static class StudioTheme
{
    private static readonly string[] Sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", "sans-serif"];

    /// <summary>The theme, light and dark. Every pair of text and ground has a contrast of at least 4.5 : 1.</summary>
    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#8F2F1B",
            PrimaryContrastText = "#FFFFFF",
            Secondary = "#4A5568",
            Tertiary = "#4A5568",
            Background = "#FAF9F7",
            BackgroundGray = "#F1EFEB",
            Surface = "#FFFFFF",
            AppbarBackground = "#FFFFFF",
            AppbarText = "#23211F",
            DrawerBackground = "#FFFFFF",
            TextPrimary = "#23211F",
            TextSecondary = "#5B5650",
            TextDisabled = "#746F68",
            ActionDefault = "#5B5650",
            ActionDisabled = "#8A857E",
            LinesDefault = "#DDD9D2",
            LinesInputs = "#8A857E",
            TableLines = "#E6E2DC",
            Divider = "#DDD9D2",
            Success = "#1E6B3C",
            Info = "#1F5A8C",
            Warning = "#8A5300",
            WarningContrastText = "#FFFFFF",
            Error = "#B3261E",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#F2A48F",
            PrimaryContrastText = "#2A0F08",
            Secondary = "#B9C0CC",
            Tertiary = "#B9C0CC",
            Background = "#161514",
            BackgroundGray = "#1D1C1A",
            Surface = "#201F1D",
            AppbarBackground = "#201F1D",
            AppbarText = "#F0EDE8",
            DrawerBackground = "#201F1D",
            TextPrimary = "#F0EDE8",
            TextSecondary = "#B8B2A9",
            TextDisabled = "#9B958C",
            ActionDefault = "#B8B2A9",
            ActionDisabled = "#7D776F",
            LinesDefault = "#3A3734",
            LinesInputs = "#8A857E",
            TableLines = "#33302D",
            Divider = "#3A3734",
            Success = "#7FCB98",
            SuccessContrastText = "#0B2614",
            Info = "#8FBFEA",
            InfoContrastText = "#0A2135",
            Warning = "#E9B45C",
            WarningContrastText = "#2B1B00",
            Error = "#F2938C",
            ErrorContrastText = "#370B08",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Sans, FontSize = "1rem", LineHeight = "1.5" },
            H1 = new H1Typography { FontFamily = Sans, FontSize = "1.75rem", FontWeight = "600", LineHeight = "1.25", LetterSpacing = "-0.01em" },
            H2 = new H2Typography { FontFamily = Sans, FontSize = "1.25rem", FontWeight = "600", LineHeight = "1.35", LetterSpacing = "0" },
            H3 = new H3Typography { FontFamily = Sans, FontSize = "1rem", FontWeight = "600", LineHeight = "1.5", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = Sans, FontSize = "1rem", LineHeight = "1.5", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = Sans, FontSize = "0.875rem", LineHeight = "1.45", LetterSpacing = "0" },
            Caption = new CaptionTypography { FontFamily = Sans, FontSize = "0.8125rem", LineHeight = "1.4", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Sans, FontSize = "0.9375rem", FontWeight = "600", LetterSpacing = "0", TextTransform = "none" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "56px" },
        Shadows = new Shadow(),
    };
}

namespace CrabStudio.Web.Components.Layout;

/// <summary>Light or dark: what the person chose, and what that comes to.</summary>
public sealed class ThemeState(string choice, bool dark)
{
    /// <summary><c>system</c>, <c>light</c> or <c>dark</c>.</summary>
    public string Choice { get; private set; } = choice;

    /// <summary>Whether the page is dark now.</summary>
    public bool Dark { get; private set; } = dark;

    /// <summary>Raised when either changed.</summary>
    public event Action? Changed;

    /// <summary>The choice that a press of the button leads to: system → light → dark → system.</summary>
    public string Next => Choice switch { "system" => "light", "light" => "dark", _ => "system" };

    /// <summary>Takes over what the browser says.</summary>
    public void Set(string choice, bool dark)
    {
        if (Choice != choice || Dark != dark)
        {
            (Choice, Dark) = (choice, dark);
            Changed?.Invoke();
        }
    }
}

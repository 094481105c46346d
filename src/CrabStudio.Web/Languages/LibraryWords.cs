using Microsoft.Extensions.Localization;
using MudBlazor;

namespace CrabStudio.Web.Languages;

/// <summary>What the library's controls say by themselves, as far as pages show such controls, in the language of the page.</summary>
public sealed class LibraryWords(IStringLocalizer<Words> L) : MudLocalizer
{
    /// <inheritdoc/>
    public override LocalizedString this[string key] => key switch
    {
        "MudDialog_Close" or "MudSnackbar_Close" => L["Close"],
        "MudInput_Clear" => L["Clear"],
        "MudInput_Increment" => L["Increment"],
        "MudInput_Decrement" => L["Decrement"],
        "MudFormComponent_Required" => L["Required"],
        "Converter_InvalidNumber" => L["Not a valid number"],

        // The library has its own English for the rest.
        _ => new LocalizedString(key, key, resourceNotFound: true),
    };

    /// <inheritdoc/>
    public override LocalizedString this[string key, params object[] arguments] => this[key];
}

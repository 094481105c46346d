using System.Text.Encodings.Web;
using System.Text.Json;
using CrabStudio.Web.Languages;
using Microsoft.Extensions.Localization;

namespace CrabStudio.Web.Components.Routing;

/// <summary>The words that routing.js writes: each view carries them, with numbers where the script puts its values.</summary>
public static class RouteScriptWords
{
    // The page escapes what stands in an attribute itself.
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All of them as JSON, for <c>data-words</c>.</summary>
    public static string Of(IStringLocalizer<Words> L) => JsonSerializer.Serialize(new Dictionary<string, string>
    {
        ["keys"] = L["Arrow keys move, Enter selects"],
        ["failed"] = L["These numbers could not be fetched: {0}"],
        ["refused"] = L["refused ({0})"],
        ["columnMean"] = L["One column is the mean of up to {0} positions."],
        ["sound"] = L["{0}, {1} to {2} s: {3}; entropy {4} bits; mean of {5} linears"],
        ["frame"] = L["{0}, picture {1} at {2} s, mean of {3} positions: {4}; entropy {5} bits; mean of {6} linears"],
        ["patch"] = L["Picture {0}, row {1}, column {2}: {3}; entropy {4} bits; mean of {5} linears"],
        ["patches"] = L["Picture {0}, row {1}, column {2}: {3}; entropy {4} bits; mean of {5} linears and {6} patches"],
        ["scale"] = L["Weight of expert {0}: 0 – 1 · mark: 1/{1} = {2}"],
        ["scaleInside"] = L["Weight of expert {0}: {1} – {2} · mark: 1/{3} = {4} · stretched to the range"],
        ["scaleOutside"] = L["Weight of expert {0}: {1} – {2} · outside: 1/{3} = {4} · stretched to the range"],
        ["depthAnswer"] = L["Each of {0} linears on its own: its mean over {1} tokens of the answer."],
        ["depthText"] = L["Each of {0} linears on its own: its mean over {1} positions of the prompt."],
        ["depthAudio"] = L["Each of {0} linears on its own: its mean over {1} audio frames."],
        ["depthVision"] = L["Each of {0} linears on its own: its mean over {1} patches."],
        ["depthNone"] = L["Nothing that is selected passes here."],
        ["cellOfTokens"] = L["{0}, layer {1}, {2}: {3}; entropy {4} bits; mean of {5} tokens"],
        ["cellOfPositions"] = L["{0}, layer {1}, {2}: {3}; entropy {4} bits; mean of {5} positions"],
        ["expert"] = L["Expert {0}"],
        ["column.part"] = L["part"],
        ["column.kind"] = L["kind"],
        ["column.from_s"] = L["from s"],
        ["column.to_s"] = L["to s"],
        ["column.time_s"] = L["time s"],
        ["column.picture"] = L["picture"],
        ["column.row"] = L["row"],
        ["column.column"] = L["column"],
        ["column.layer"] = L["layer"],
        ["column.module"] = L["module"],
        ["column.linear"] = L["linear"],
        ["column.positions"] = L["positions"],
        ["column.patches"] = L["patches"],
        ["column.linears"] = L["linears"],
        ["column.share"] = L["share {0}"],
        ["column.entropy_bits"] = L["entropy bits"],
        ["value.text"] = L["text decoder"],
        ["value.audio"] = L["audio tower"],
        ["value.vision"] = L["vision tower"],
        ["value.sound"] = L["sound"],
        ["value.frames"] = L["frames"],
    }, Form);
}

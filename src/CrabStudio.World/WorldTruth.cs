using System.Text.Json.Nodes;
using CrabStudio.Tasks;

namespace CrabStudio.World;

/// <summary>A scene's ground truth as JSON.</summary>
public static class WorldTruth
{
    /// <summary>
    /// <c>name</c>, <c>key</c>, <c>split</c>, <c>seed</c>, <c>seconds</c>, <c>emotion</c>, <c>pictures</c> (background; objects with the seconds in which
    /// they are seen, their motion and their boxes as <c>[frame, x1, y1, x2, y2]</c>) and <c>sounds</c> (what is heard when, of which takes).
    /// </summary>
    public static JsonObject Of(Scene scene) => new()
    {
        ["name"] = scene.Name,
        ["key"] = scene.Options.Key,
        ["split"] = scene.Options.Split.ToString(),
        ["seed"] = FormattableString.Invariant($"{scene.Seed:x16}"),
        ["seconds"] = scene.Seconds,
        ["frames_per_second"] = scene.IsStill ? null : WorldStage.FramesPerSecond,
        ["emotion"] = scene.Emotion,
        ["pictures"] = new JsonArray([.. scene.Pictures.Select(Picture)]),
        ["sounds"] = new JsonArray([.. scene.Sounds.Select(track => new JsonArray([.. track.Sounds.Select(Sound)]))]),
    };

    private static JsonNode Picture(WorldStage stage) => new JsonObject
    {
        ["background"] = new JsonObject { ["colour"] = stage.Background.ColourName, ["pattern"] = stage.Background.PatternName },
        ["objects"] = new JsonArray([.. stage.Objects.Select(one => Object(one, stage.Frames))]),
    };

    private static JsonNode Object(WorldObject one, int frames) => new JsonObject
    {
        ["label"] = one.Label,
        ["picture"] = one.Picture,
        ["seen"] = new JsonArray(one.Start, one.End),
        ["place"] = WorldCatalog.Word(one.Place),
        ["size"] = one.IsLarge ? "large" : "small",
        ["motion"] = WorldCatalog.Word(one.Motion),
        // Twice a second.
        ["boxes"] = new JsonArray([.. Enumerable.Range(0, frames).Where(frame => frame % (WorldStage.FramesPerSecond / 2) == 0).Select(frame => (frame, box: one.BoxAt(frame, frames))).Where(at => at.box is not null)
            .Select(at => new JsonArray(at.frame, at.box!.X1, at.box.Y1, at.box.X2, at.box.Y2))]),
    };

    private static JsonNode Sound(WorldSound one) => new JsonObject
    {
        ["label"] = one.Label,
        ["kind"] = one.Kind,
        ["heard"] = new JsonArray(one.Start, one.End),
        ["takes"] = new JsonArray([.. one.Takes.Select(take => (JsonNode)take)]),
        ["gain"] = one.Gain,
    };
}

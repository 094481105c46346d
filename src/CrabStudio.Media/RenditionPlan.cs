namespace CrabStudio.Media;

/// <summary>How a clip must be written anew so that every usual browser can play it.</summary>
/// <param name="CopyPicture">The picture stream is fine and only changes its container.</param>
/// <param name="CopySound">The sound stream is fine and only changes its container.</param>
public sealed record RenditionPlan(bool CopyPicture, bool CopySound)
{
    private static readonly string[] Mp4Pictures = ["h264", "av1"];
    private static readonly string[] Mp4Sounds = ["aac", "mp3", "opus", "flac"];
    private static readonly string[] WebmPictures = ["vp8", "vp9", "av1"];
    private static readonly string[] WebmSounds = ["opus", "vorbis"];
    private static readonly string[] WavSounds = ["pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"];

    /// <summary>Null when browsers play (or show) the original itself.</summary>
    public static RenditionPlan? For(ClipProbe clip)
    {
        if (clip.Kind == ClipKind.Image || IsPlayable(clip))
        {
            return null;
        }

        // Of what mp4 can hold, only this is safe in every browser.
        return new RenditionPlan(
            clip.Picture is { Codec: "h264", PixelFormat: "yuv420p" or "yuvj420p" },
            clip.Sound is { Codec: "aac" or "mp3" });
    }

    private static bool IsPlayable(ClipProbe clip) => clip.Format switch
    {
        "mov" => Fits(clip, Mp4Pictures, Mp4Sounds),
        "matroska" => Fits(clip, WebmPictures, WebmSounds),
        "ogg" => clip.Picture is null && clip.Sound is { Codec: "vorbis" or "opus" or "flac" },
        "wav" => clip.Picture is null && WavSounds.Contains(clip.Sound?.Codec),
        "mp3" or "flac" or "aac" => clip.Picture is null,
        _ => false,
    };

    private static bool Fits(ClipProbe clip, string[] pictures, string[] sounds) =>
        (clip.Picture is null || (pictures.Contains(clip.Picture.Codec) && clip.Picture.PixelFormat is "yuv420p" or "yuvj420p" or "yuva420p"))
        && (clip.Sound is null || sounds.Contains(clip.Sound.Codec));
}

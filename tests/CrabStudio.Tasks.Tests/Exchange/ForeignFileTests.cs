using System.Text;
using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Tests.Exchange;

/// <summary>Files in the shapes in which other programs write them, made by hand after their documentation.</summary>
public sealed class ForeignFileTests
{
    // As ELAN 6 saves: tiers with dependent ones, slots without times in a time subdivision, a second medium.
    private const string Elan = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ANNOTATION_DOCUMENT AUTHOR="Ann" DATE="2026-02-03T10:11:12+01:00" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
            <LICENSE LICENSE_URL=""/>
            <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
                <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/Users/ann/My Clips/street.mp4" MIME_TYPE="video/mp4" RELATIVE_MEDIA_URL="./My Clips/street.mp4" TIME_ORIGIN="500"/>
                <MEDIA_DESCRIPTOR EXTRACTED_FROM="file:///C:/Users/ann/My Clips/street.mp4" MEDIA_URL="file:///C:/Users/ann/My Clips/street.wav" MIME_TYPE="audio/x-wav"/>
                <PROPERTY NAME="URN">urn:nl-mpi-tools-elan-eaf:2f0c7c86-9d9e-4a2b-8ad5-1b6f2a9d7b11</PROPERTY>
                <PROPERTY NAME="lastUsedAnnotationId">9</PROPERTY>
            </HEADER>
            <TIME_ORDER>
                <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
                <TIME_SLOT TIME_SLOT_ID="ts2"/>
                <TIME_SLOT TIME_SLOT_ID="ts3"/>
                <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/>
                <TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="6000"/>
                <TIME_SLOT TIME_SLOT_ID="ts6" TIME_VALUE="6500"/>
            </TIME_ORDER>
            <TIER ANNOTATOR="Ann" DEFAULT_LOCALE="en" LINGUISTIC_TYPE_REF="default-lt" PARTICIPANT="Bo" TIER_ID="Speech">
                <ANNOTATION>
                    <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts4">
                        <ANNOTATION_VALUE>good  morning
        to you</ANNOTATION_VALUE>
                    </ALIGNABLE_ANNOTATION>
                </ANNOTATION>
            </TIER>
            <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="Door slam">
                <ANNOTATION>
                    <ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" SVG_REF="x" TIME_SLOT_REF1="ts5" TIME_SLOT_REF2="ts6">
                        <ANNOTATION_VALUE/>
                    </ALIGNABLE_ANNOTATION>
                </ANNOTATION>
            </TIER>
            <TIER LINGUISTIC_TYPE_REF="gesture" PARENT_REF="Speech" TIER_ID="Gesture">
                <ANNOTATION>
                    <ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
                        <ANNOTATION_VALUE>wave</ANNOTATION_VALUE>
                    </ALIGNABLE_ANNOTATION>
                </ANNOTATION>
            </TIER>
            <TIER LANG_REF="deu" LINGUISTIC_TYPE_REF="translation" PARENT_REF="Speech" TIER_ID="German">
                <ANNOTATION>
                    <REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1">
                        <ANNOTATION_VALUE>guten Morgen</ANNOTATION_VALUE>
                    </REF_ANNOTATION>
                </ANNOTATION>
            </TIER>
            <TIER LINGUISTIC_TYPE_REF="words" PARENT_REF="German" TIER_ID="Words">
                <ANNOTATION>
                    <REF_ANNOTATION ANNOTATION_ID="a6" ANNOTATION_REF="a4" PREVIOUS_ANNOTATION="a5">
                        <ANNOTATION_VALUE>Morgen</ANNOTATION_VALUE>
                    </REF_ANNOTATION>
                </ANNOTATION>
                <ANNOTATION>
                    <REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a4">
                        <ANNOTATION_VALUE>guten</ANNOTATION_VALUE>
                    </REF_ANNOTATION>
                </ANNOTATION>
            </TIER>
            <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
            <LINGUISTIC_TYPE CONSTRAINTS="Time_Subdivision" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="gesture" TIME_ALIGNABLE="true"/>
            <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="translation" TIME_ALIGNABLE="false"/>
            <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Subdivision" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="words" TIME_ALIGNABLE="false"/>
            <LOCALE COUNTRY_CODE="US" LANGUAGE_CODE="en"/>
            <LANGUAGE LANG_ID="deu" LANG_LABEL="German (deu)"/>
            <CONSTRAINT DESCRIPTION="Symbolic subdivision of a parent annotation. Annotations refering to the same parent are ordered" STEREOTYPE="Symbolic_Subdivision"/>
        </ANNOTATION_DOCUMENT>
        """;

    // As Label Studio exports: two annotators, one who gave up, a prediction, a truth; a track, a choice, a note.
    private const string LabelStudio = """
        [{
          "id": 41,
          "data": {"video": "/data/upload/3/0a1b2c3d-street.mp4"},
          "project": 3,
          "created_at": "2026-02-03T09:52:49.513742Z",
          "annotations": [
            {"id": 7, "completed_by": 10, "was_cancelled": false, "ground_truth": false, "lead_time": 40.2, "task": 41, "result": [
              {"id": "tJhYZLMC9G", "type": "timelinelabels", "origin": "manual", "to_name": "video", "from_name": "events", "value": {"ranges": [{"start": 26, "end": 75}], "timelinelabels": ["Dog", "Animal"]}},
              {"id": "-x_1", "type": "videorectangle", "origin": "manual", "to_name": "video", "from_name": "box", "meta": {"text": ["check", "twice"]},
               "value": {"framesCount": 250, "duration": 10, "labels": ["dog"], "sequence": [
                 {"frame": 1, "enabled": true, "rotation": 0, "x": 10, "y": 20, "width": 30, "height": 40, "time": 0.04},
                 {"frame": 50, "enabled": false, "rotation": 90, "x": 50, "y": 20, "width": 10, "height": 40, "time": 2}]}},
              {"id": "c1", "type": "choices", "to_name": "video", "from_name": "scene", "value": {"choices": ["street"]}}]},
            {"id": 8, "completed_by": {"id": 11, "email": "bo@example.org", "first_name": "", "last_name": ""}, "was_cancelled": false, "ground_truth": true, "result": [
              {"id": "tJhYZLMC9G", "type": "timelinelabels", "to_name": "video", "from_name": "visual", "value": {"ranges": [{"start": 30, "end": 30}], "timelinelabels": ["Cat"]}},
              {"id": "snd", "type": "labels", "to_name": "audio", "from_name": "label", "original_length": 10, "value": {"start": 1.5, "end": 2.25, "channel": 0, "labels": ["Bark"]}}]},
            {"id": 9, "completed_by": 12, "was_cancelled": true, "ground_truth": false, "result": []}
          ],
          "drafts": [],
          "predictions": [5, {"id": 6, "model_version": "m1", "score": 0.4, "result": [
              {"id": "p", "type": "timelinelabels", "to_name": "video", "from_name": "audio", "score": 0.4, "value": {"ranges": [{"start": 1, "end": 25}], "timelinelabels": ["Dog"]}}]}]
        }]
        """;

    // As COCO's own annotations are: outlines, a crowd, scores beside; frames by number.
    private const string Coco = """
        {
          "info": {"year": 2026, "version": "1.0", "description": "street", "contributor": "", "url": "", "date_created": "2026/02/03"},
          "licenses": [{"id": 1, "name": "CC BY 4.0", "url": "http://creativecommons.org/licenses/by/4.0/"}],
          "images": [
            {"id": 139, "license": 1, "file_name": "street/frame_000000.jpg", "height": 426, "width": 640, "date_captured": "2026-02-03 10:00:00"},
            {"id": 285, "license": 1, "file_name": "street/frame_000050.jpg", "height": 426, "width": 640}
          ],
          "annotations": [
            {"id": 908, "image_id": 285, "category_id": 18, "iscrowd": 0, "area": 3500.25, "bbox": [73.349, 41.5, 566.66, 90], "segmentation": [[73.35, 41.5, 100, 41.5, 100, 131.5]], "attributes": {"layer": "foreground", "id": 4}},
            {"id": 909, "image_id": 139, "category_id": 1, "iscrowd": 1, "area": 20, "bbox": [0, 0, 4, 5], "segmentation": {"counts": [0, 20, 30], "size": [426, 640]}},
            {"id": 910, "image_id": 139, "category_id": 1, "iscrowd": 0, "area": 20, "bbox": [10, 10.5, 4, 5], "keypoints": [12, 12, 2], "num_keypoints": 1}
          ],
          "categories": [{"supercategory": "person", "id": 1, "name": "person", "keypoints": ["nose"], "skeleton": []}, {"supercategory": "animal", "id": 18, "name": "dog"}]
        }
        """;

    [Fact]
    public void AnElanFileWithDependentTiersIsReadWithTheirTimes()
    {
        ImportedTimeline read = Read(Elan, "street.eaf");
        Assert.Equal(new TimelineClip("street.mp4"), read.Document.Clip);
        Assert.Equal(
            [
                // The medium begins half a second before the timeline.
                new("a5", "guten", EventModality.AudioVisual, 1.5m, 3, TimelineLayer.Truth, "tier Words"),
                new("a1", "good morning to you", EventModality.AudioVisual, 1.5m, 4.5m, TimelineLayer.Truth, "tier Speech"),
                new("a4", "guten Morgen", EventModality.AudioVisual, 1.5m, 4.5m, TimelineLayer.Truth, "tier German"),
                new("a3", "wave", EventModality.AudioVisual, 2.5m, 3.5m, TimelineLayer.Truth, "tier Gesture"),
                new("a6", "Morgen", EventModality.AudioVisual, 3, 4.5m, TimelineLayer.Truth, "tier Words"),
                new TimelineEvent("a2", "Door slam", EventModality.AudioVisual, 6.5m, 7, TimelineLayer.Truth, "tier Door slam"),
            ],
            read.Document.Events);
        Assert.Empty(read.LeftOut);
    }

    [Fact]
    public void AnElanFileInUtf16IsRead()
    {
        byte[] bytes = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Elan.Replace("UTF-8", "UTF-16", StringComparison.Ordinal))];
        Assert.Equal(6, TimelineExchange.Read(bytes, "street.eaf", TimelineFormat.Eaf).Document.Events.Count);
    }

    [Theory]
    [InlineData("ANNOTATION_REF: is “a9”, which no annotation is called", "ANNOTATION_REF=\"a1\"", "ANNOTATION_REF=\"a9\"")]
    [InlineData("ANNOTATION_REF: leads back to itself", "ANNOTATION_REF=\"a1\"", "ANNOTATION_REF=\"a5\"")]
    [InlineData("TIME_SLOT_REF1: is “ts9”, which no TIME_SLOT is called", "TIME_SLOT_REF1=\"ts1\"", "TIME_SLOT_REF1=\"ts9\"")]
    [InlineData("TIME_SLOT_REF1: is “ts1”, a slot without a time that does not lie between two with one", "TIME_SLOT_ID=\"ts1\" TIME_VALUE=\"1000\"", "TIME_SLOT_ID=\"ts1\"")]
    [InlineData("ANNOTATION_ID: is “a1”, which an earlier annotation has already", "ANNOTATION_ID=\"a2\"", "ANNOTATION_ID=\"a1\"")]
    [InlineData("end: is 4.5, which is not after the start 7", "TIME_SLOT_REF1=\"ts1\"", "TIME_SLOT_REF1=\"ts6\"")]
    public void AnElanFileWhosePartsDoNotMeetSaysWhere(string words, string part, string otherwise)
    {
        ExchangeException fault = Assert.Throws<ExchangeException>(() => Read(Elan.Replace(part, otherwise, StringComparison.Ordinal), "street.eaf"));
        Assert.Contains($"field {words}", fault.Message, StringComparison.Ordinal);
        Assert.True(fault.Place.Line > 18 && fault.Place.Column > 1, fault.Message);
    }

    [Fact]
    public void ALabelStudioExportOfSeveralAnnotatorsIsReadWithWhoSaysWhat()
    {
        ImportedTimeline read = Read(LabelStudio, "export.json", new TimelineReadSettings { Clip = new TimelineClip("") { Width = 640, Height = 360 }, Layer = TimelineLayer.Corrected });
        Assert.Equal(TimelineFormat.LabelStudio, read.Format);
        Assert.Equal(new TimelineClip("street.mp4") { DurationSeconds = 10, FrameRate = 25, Width = 640, Height = 360 }, read.Document.Clip);
        Assert.Equal(
            [
                new("p", "Dog", EventModality.Audio, 0, 1, TimelineLayer.Model),
                new("e1", "Animal", EventModality.AudioVisual, 1, 3, TimelineLayer.Corrected, "annotator 10"),
                new("tJhYZLMC9G", "Dog", EventModality.AudioVisual, 1, 3, TimelineLayer.Corrected, "annotator 10"),
                new("e2", "Cat", EventModality.Visual, 1.16m, 1.2m, TimelineLayer.Truth, "annotator bo@example.org"),
                new TimelineEvent("snd", "Bark", EventModality.Audio, 1.5m, 2.25m, TimelineLayer.Truth, "annotator bo@example.org"),
            ],
            read.Document.Events);
        Assert.Equal(
            [
                new("-x_1", "dog", 0.04m, 64, 72, 256, 216, TimelineLayer.Corrected, "check\ntwice\nannotator 10"),
                // Turned by a right angle about its upper left corner: 64×144 becomes 144×64, to the left of it.
                new TimelineBox("b1", "dog", 2, 176, 72, 320, 136, TimelineLayer.Corrected, "check\ntwice\nannotator 10"),
            ],
            read.Document.Boxes);
        Assert.Equal(
            [(LeftOutKind.OtherRegions, 1), (LeftOutKind.Cancelled, 1), (LeftOutKind.Boxes, 1), (LeftOutKind.Shapes, 1), (LeftOutKind.OtherRegions, 1)],
            read.LeftOut.Select(one => (one.Kind, one.Count)));
    }

    [Theory]
    [InlineData("is in percent of a picture whose width and height are not known", LabelStudio)]
    [InlineData("line 1, column 123: counts in frames, and the frame rate is not known; give the frame rate of the clip", """[{"data":{"video":"a.mp4"},"annotations":[{"result":[{"id":"a","type":"timelinelabels","from_name":"x","value":{"ranges":[{"start":1,"end":2}],"timelinelabels":["a"]}}]}]}]""")]
    [InlineData("field start: and end are 0 and 2, expected frames from 1", """[{"data":{"video":"a.mp4","fps":25},"annotations":[{"result":[{"id":"a","type":"timelinelabels","from_name":"x","value":{"ranges":[{"start":0,"end":2}],"timelinelabels":["a"]}}]}]}]""")]
    [InlineData("field ranges: has no range", """[{"data":{"video":"a.mp4","fps":25},"annotations":[{"result":[{"id":"a","type":"timelinelabels","from_name":"x","value":{"timelinelabels":["a"]}}]}]}]""")]
    public void WhatALabelStudioExportDoesNotSayIsAskedFor(string words, string file) =>
        Assert.Contains(words, Assert.Throws<ExchangeException>(() => Read(file, "export.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void OfSeveralTasksTheOneOfTheClipIsRead()
    {
        const string Two = """[{"data":{"video":"a.mp4"}},{"data":{"video":"http://example.org/clips/b.mp4","frame_rate":10},"annotations":[{"result":[{"id":"r","type":"timelinelabels","value":{"ranges":[{"start":1,"end":10}],"timelinelabels":["Dog"]}}]}]}]""";
        ImportedTimeline read = Read(Two, "export.json", new TimelineReadSettings { Clip = new TimelineClip("b.mp4") });
        Assert.Equal(("b.mp4", 1m), (read.Document.Clip.FileName, Assert.Single(read.Document.Events).EndSeconds));
        Assert.Equal(new LeftOut(LeftOutKind.OtherClips, 1, "they are of other clips"), Assert.Single(read.LeftOut));
    }

    [Fact]
    public void CocoWithOutlinesAndCrowdsIsReadAsTheBoxesAroundThem()
    {
        ImportedTimeline read = Read(Coco, "instances.json", new TimelineReadSettings { Clip = new TimelineClip("street.mp4") { FrameRate = 25 } });
        Assert.Equal(new TimelineClip("street.mp4") { FrameRate = 25, Width = 640, Height = 426 }, read.Document.Clip);
        Assert.Equal(
            [
                new("b2", "person", 0, 0, 0, 4, 5, TimelineLayer.Truth),
                new("b3", "person", 0, 10, 10.5m, 14, 15.5m, TimelineLayer.Truth),
                // It reaches out of the picture by a hundredth of a pixel.
                new TimelineBox("b1", "dog", 2, 73.35m, 41.5m, 640, 131.5m, TimelineLayer.Truth),
            ],
            read.Document.Boxes);
        Assert.Equal([(LeftOutKind.Shapes, 3)], read.LeftOut.Select(one => (one.Kind, one.Count)));

        Assert.Contains("line 5, column 5: is frame 0, and the frame rate is not known; give the frame rate", Assert.Throws<ExchangeException>(() => Read(Coco, "instances.json")).Message, StringComparison.Ordinal);
        Assert.Contains("line 6, column 5, field width: and height are 64×426, where the clip is 640×426", Assert.Throws<ExchangeException>(() =>
            Read(Coco.Replace("\"height\": 426, \"width\": 640}\n  ]", "\"height\": 426, \"width\": 64}\n  ]", StringComparison.Ordinal), "instances.json", new TimelineReadSettings { Clip = new TimelineClip("") { FrameRate = 25 } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfCocosVideosTheOneOfTheClipIsRead()
    {
        const string Videos = """
            {"videos":[{"id":1,"name":"a","fps":10},{"id":2,"name":"b","fps":20}],"images":[{"id":1,"video_id":1,"frame_id":5,"width":10,"height":10},{"id":2,"video_id":2,"frame_id":5,"width":20,"height":20}],
            "annotations":[{"image_id":1,"category_id":1,"bbox":[1,1,2,2]},{"image_id":2,"category_id":1,"bbox":[1,1,2,2]}],"categories":[{"id":1,"name":"dog"}]}
            """;
        ImportedTimeline read = Read(Videos, "tracks.json", new TimelineReadSettings { Clip = new TimelineClip("b.mp4") });
        Assert.Equal((0.25m, 20), (Assert.Single(read.Document.Boxes).TimeSeconds, read.Document.Clip.Width));
        Assert.Equal(LeftOutKind.OtherClips, Assert.Single(read.LeftOut).Kind);
        Assert.Contains("names 2 videos, of which one must be chosen: a, b", Assert.Throws<ExchangeException>(() => Read(Videos, "tracks.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WebVttWithStylesVoicesSettingsAndShortTimesIsRead()
    {
        const string Vtt = "\uFEFFWEBVTT - Street\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:bottom\r\n\r\nNOTE\r\nchecked by Ann\r\n\r\n1\r\n00:01.000 --> 00:02.500 align:start position:10%\r\n<v.loud Ann Lee>Good <i>morning</i>\r\n&amp; more &lt;3</v>\r\n\r\n01:00:00.000 --> 01:00:01.000\r\n- <c.yellow>hello<00:19.000></c>";
        Assert.Equal(
            [
                new("1", "Good morning & more <3", EventModality.AudioVisual, 1, 2.5m, TimelineLayer.Truth, "voice Ann Lee"),
                new TimelineEvent("e1", "- hello", EventModality.AudioVisual, 3600, 3601, TimelineLayer.Truth),
            ],
            Read(Vtt, "street.vtt").Document.Events);
    }

    [Fact]
    public void ATableOfAnotherProgramIsReadWithWhatItHas()
    {
        const string Table = "Label;Start;End;Modality\r\nDog;1,5;2;both\r\n";
        Assert.Equal("t.csv, line 2, field start: is “1,5”, expected a number", Assert.Throws<ExchangeException>(() => Read(Table, "t.csv")).Message);
        Assert.Equal(
            [new("e1", "Dog", EventModality.Audio, 1.5m, 2, TimelineLayer.Model), new TimelineEvent("e2", "=SUM(A1)", EventModality.AudioVisual, 3, 4.001m, TimelineLayer.Model)],
            Read("Label\tStart\tEnd\tModality\nDog\t1.5\t2\taudio\n'=SUM(A1)\t3\t4.0005\t\n", "t.tsv", new TimelineReadSettings { Layer = TimelineLayer.Model }).Document.Events);
    }

    [Fact]
    public void CellsThatASpreadsheetWouldComputeAreGuarded()
    {
        TimelineDocument document = new(new TimelineClip("=clip.mp4")) { Events = [new("-1", "=HYPERLINK(\"http://x\",\"y\")", EventModality.Audio, 0, 1, TimelineLayer.Truth, "@sum"), new("b", "+1", EventModality.Audio, 0, 1, TimelineLayer.Truth, "－1\n=2")] };
        string text = Encoding.UTF8.GetString(TimelineExchange.Write(document, TimelineFormat.Csv).Bytes);
        Assert.StartsWith("\uFEFFkind,id,clip,layer,modality,label,start,end,x1,y1,x2,y2,note,duration,frame_rate,width,height\nclip,,'=clip.mp4,", text, StringComparison.Ordinal);
        Assert.Contains("event,'-1,,truth,audio,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",0,1,,,,,'@sum,", text, StringComparison.Ordinal);
        Assert.Contains("'+1,0,1,,,,,\"'－1\n=2\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ListsOfTheDataSetAreReadByTheClipThatIsAskedFor()
    {
        foreach (string list in new[] { "ave/train.json", "ave/test.json", "unav/train.json" })
        {
            TimelineDocument read = TimelineExchange.ReadFile(CrabStudio.Testing.Golden.Find($"avuie/AVUIE_2/{list}"), null, new TimelineReadSettings { Clip = new TimelineClip("clip_a.mp4") }).Document;
            Assert.Equal([new TimelineEvent("e1", "Church bell", EventModality.AudioVisual, 2, 7, TimelineLayer.Truth)], read.Events);
        }

        TimelineDocument tracks = TimelineExchange.ReadFile(CrabStudio.Testing.Golden.Find("avuie/AVUIE_2/avvp/test.json"), null, new TimelineReadSettings { Clip = new TimelineClip("clip_a.mp4") }).Document;
        Assert.Equal([("Church bell", EventModality.Audio, 0m, 4m), ("Dog", EventModality.Visual, 2, 10)], tracks.Events.Select(one => (one.Label, one.Modality, one.StartSeconds, one.EndSeconds)));
        Assert.Contains("is “clip_b.mp4”, where an earlier entry is about “clip_a.mp4”; say which clip is wanted",
            Assert.Throws<ExchangeException>(() => TimelineExchange.ReadFile(CrabStudio.Testing.Golden.Find("avuie/AVUIE_2/ave/train.json"))).Message, StringComparison.Ordinal);
    }

    private static ImportedTimeline Read(string text, string name, TimelineReadSettings? settings = null) => TimelineExchange.Read(Encoding.UTF8.GetBytes(text), name, null, settings);
}

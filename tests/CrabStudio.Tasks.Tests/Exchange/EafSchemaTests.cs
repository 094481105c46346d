using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using CrabStudio.Tasks.Exchange;

namespace CrabStudio.Tasks.Tests.Exchange;

/// <summary>What is written for ELAN keeps the rules of its schema and of its tiers.</summary>
public sealed class EafSchemaTests
{
    // The rules of EAF 3.0 for the parts that are written: names, order, what must be there, and which names must meet.
    private const string Schema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:element name="ANNOTATION_DOCUMENT">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="HEADER">
                  <xs:complexType>
                    <xs:sequence>
                      <xs:element name="MEDIA_DESCRIPTOR" minOccurs="0" maxOccurs="unbounded">
                        <xs:complexType>
                          <xs:attribute name="MEDIA_URL" type="xs:anyURI" use="required"/>
                          <xs:attribute name="RELATIVE_MEDIA_URL" type="xs:anyURI"/>
                          <xs:attribute name="MIME_TYPE" type="xs:string" use="required"/>
                        </xs:complexType>
                      </xs:element>
                      <xs:element name="PROPERTY" minOccurs="0" maxOccurs="unbounded">
                        <xs:complexType><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="NAME" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>
                      </xs:element>
                    </xs:sequence>
                    <xs:attribute name="MEDIA_FILE" type="xs:string"/>
                    <xs:attribute name="TIME_UNITS"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="NTSC-frames"/><xs:enumeration value="PAL-frames"/><xs:enumeration value="milliseconds"/></xs:restriction></xs:simpleType></xs:attribute>
                  </xs:complexType>
                </xs:element>
                <xs:element name="TIME_ORDER">
                  <xs:complexType>
                    <xs:sequence>
                      <xs:element name="TIME_SLOT" minOccurs="0" maxOccurs="unbounded">
                        <xs:complexType><xs:attribute name="TIME_SLOT_ID" type="xs:ID" use="required"/><xs:attribute name="TIME_VALUE" type="xs:unsignedInt"/></xs:complexType>
                      </xs:element>
                    </xs:sequence>
                  </xs:complexType>
                </xs:element>
                <xs:element name="TIER" minOccurs="0" maxOccurs="unbounded">
                  <xs:complexType>
                    <xs:sequence>
                      <xs:element name="ANNOTATION" minOccurs="0" maxOccurs="unbounded">
                        <xs:complexType>
                          <xs:choice>
                            <xs:element name="ALIGNABLE_ANNOTATION">
                              <xs:complexType>
                                <xs:sequence><xs:element name="ANNOTATION_VALUE" type="xs:string"/></xs:sequence>
                                <xs:attribute name="ANNOTATION_ID" type="xs:ID" use="required"/>
                                <xs:attribute name="TIME_SLOT_REF1" type="xs:IDREF" use="required"/>
                                <xs:attribute name="TIME_SLOT_REF2" type="xs:IDREF" use="required"/>
                              </xs:complexType>
                            </xs:element>
                            <xs:element name="REF_ANNOTATION">
                              <xs:complexType>
                                <xs:sequence><xs:element name="ANNOTATION_VALUE" type="xs:string"/></xs:sequence>
                                <xs:attribute name="ANNOTATION_ID" type="xs:ID" use="required"/>
                                <xs:attribute name="ANNOTATION_REF" type="xs:IDREF" use="required"/>
                                <xs:attribute name="PREVIOUS_ANNOTATION" type="xs:IDREF"/>
                              </xs:complexType>
                            </xs:element>
                          </xs:choice>
                        </xs:complexType>
                      </xs:element>
                    </xs:sequence>
                    <xs:attribute name="TIER_ID" type="xs:string" use="required"/>
                    <xs:attribute name="LINGUISTIC_TYPE_REF" type="xs:string" use="required"/>
                    <xs:attribute name="PARENT_REF" type="xs:string"/>
                  </xs:complexType>
                </xs:element>
                <xs:element name="LINGUISTIC_TYPE" minOccurs="0" maxOccurs="unbounded">
                  <xs:complexType>
                    <xs:attribute name="LINGUISTIC_TYPE_ID" type="xs:string" use="required"/>
                    <xs:attribute name="TIME_ALIGNABLE" type="xs:boolean"/>
                    <xs:attribute name="CONSTRAINTS" type="xs:IDREF"/>
                    <xs:attribute name="GRAPHIC_REFERENCES" type="xs:boolean"/>
                  </xs:complexType>
                </xs:element>
                <xs:element name="CONSTRAINT" minOccurs="0" maxOccurs="unbounded">
                  <xs:complexType><xs:attribute name="STEREOTYPE" type="xs:ID" use="required"/><xs:attribute name="DESCRIPTION" type="xs:string"/></xs:complexType>
                </xs:element>
              </xs:sequence>
              <xs:attribute name="DATE" type="xs:dateTime" use="required"/>
              <xs:attribute name="AUTHOR" type="xs:string" use="required"/>
              <xs:attribute name="VERSION" type="xs:string" use="required"/>
              <xs:attribute name="FORMAT" type="xs:string"/>
            </xs:complexType>
            <xs:key name="tiers"><xs:selector xpath="TIER"/><xs:field xpath="@TIER_ID"/></xs:key>
            <xs:keyref name="parents" refer="tiers"><xs:selector xpath="TIER"/><xs:field xpath="@PARENT_REF"/></xs:keyref>
            <xs:key name="types"><xs:selector xpath="LINGUISTIC_TYPE"/><xs:field xpath="@LINGUISTIC_TYPE_ID"/></xs:key>
            <xs:keyref name="typed" refer="types"><xs:selector xpath="TIER"/><xs:field xpath="@LINGUISTIC_TYPE_REF"/></xs:keyref>
          </xs:element>
        </xs:schema>
        """;

    [Fact]
    public void EveryFileIsValidAndNoTwoEventsOfATierOverlap()
    {
        XmlSchemaSet schemas = new();
        using (XmlReader schema = XmlReader.Create(new StringReader(Schema)))
        {
            schemas.Add(null, schema);
        }

        int several = 0;
        for (int seed = 0; seed < 150; seed++)
        {
            byte[] bytes = TimelineExchange.Write(new RandomTimelines(seed).Next(seed % 2 == 0), TimelineFormat.Eaf, new TimelineWriteSettings { Date = DateTimeOffset.UnixEpoch }).Bytes;
            List<string> faults = [];
            XmlReaderSettings settings = new() { ValidationType = ValidationType.Schema, Schemas = schemas };
            settings.ValidationEventHandler += (_, fault) => faults.Add(fault.Message);
            XDocument document;
            using (XmlReader reader = XmlReader.Create(new MemoryStream(bytes), settings))
            {
                document = XDocument.Load(reader);
            }

            Assert.Empty(faults);
            XElement root = document.Root!;
            Dictionary<string, int> slots = root.Element("TIME_ORDER")!.Elements().ToDictionary(slot => (string)slot.Attribute("TIME_SLOT_ID")!, slot => (int)slot.Attribute("TIME_VALUE")!);
            Assert.Equal(slots.Values.Order(), slots.Values);
            foreach (XElement tier in root.Elements("TIER"))
            {
                (int Start, int End)[] ranges = [.. tier.Descendants("ALIGNABLE_ANNOTATION").Select(one => (slots[(string)one.Attribute("TIME_SLOT_REF1")!], slots[(string)one.Attribute("TIME_SLOT_REF2")!])).Order()];
                Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start));
                several += ((string)tier.Attribute("TIER_ID")!).EndsWith(" 2", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        Assert.True(several > 20, $"only {several} timelines had overlaps");
    }

    [Fact]
    public void AFileLooksAsElanWritesIt()
    {
        TimelineDocument document = new(new TimelineClip("my clip.mp4") { DurationSeconds = 10.5m })
        {
            Events =
            [
                new("a7", "Church bell", EventModality.Audio, 2, 7.25m, TimelineLayer.Model, "faint"),
                new("5", "Dog", EventModality.Audio, 3, 4, TimelineLayer.Model),
            ],
        };
        string text = System.Text.Encoding.UTF8.GetString(TimelineExchange.Write(document, TimelineFormat.Eaf, new TimelineWriteSettings { Date = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(1)) }).Bytes);
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<ANNOTATION_DOCUMENT AUTHOR=\"CrabStudio\" DATE=\"2026-02-03T04:05:06+01:00\" FORMAT=\"3.0\" VERSION=\"3.0\" xsi:noNamespaceSchemaLocation=\"http://www.mpi.nl/tools/elan/EAFv3.0.xsd\"", text, StringComparison.Ordinal);
        foreach (string part in new[]
        {
            "<MEDIA_DESCRIPTOR MEDIA_URL=\"file:///./my clip.mp4\" MIME_TYPE=\"video/mp4\" RELATIVE_MEDIA_URL=\"./my clip.mp4\" />",
            "<PROPERTY NAME=\"lastUsedAnnotationId\">7</PROPERTY>",
            "<TIME_SLOT TIME_SLOT_ID=\"ts4\" TIME_VALUE=\"7250\" />",
            "<TIER LINGUISTIC_TYPE_REF=\"event\" TIER_ID=\"audio model\">",
            "<TIER LINGUISTIC_TYPE_REF=\"note\" PARENT_REF=\"audio model\" TIER_ID=\"audio model note\">",
            "<TIER LINGUISTIC_TYPE_REF=\"event\" TIER_ID=\"audio model 2\">",
            "<ALIGNABLE_ANNOTATION ANNOTATION_ID=\"x-5\" TIME_SLOT_REF1=\"ts2\" TIME_SLOT_REF2=\"ts3\">",
        })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }
}

using CrabStudio.Web.Languages;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Tests;

public sealed class WorkshopTests : IDisposable
{
    private readonly string root = Studio.NewFolder();

    public void Dispose()
    {
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void EverythingIsFoundByTheFilesThatTheCommandsWrite()
    {
        Write("world/AVUIE_2/ave/train.json");
        Write("world/AVUIE_2/ave/video/deep.mp4");
        Write("plain/meld/test.json");
        Write("runs/first/log.jsonl");
        Write("default.work/towers/log.jsonl");
        Write("default.work/words/log.jsonl");
        Write("default.work/base-0/config.json");
        Write("seen/one/evaluation.json");
        Write("seen/two/report.json");
        Write("study/study.json");
        Write("study/ave-lora/log.jsonl");
        Write("nothing/notes.txt");
        Workshop workshop = new(root);
        Assert.Equal(["plain", "world"], Ids(workshop, WorkshopKind.DataSet));
        Assert.Equal(["default.work", "runs/first", "study/ave-lora"], Ids(workshop, WorkshopKind.Training));
        Assert.Equal(["seen/one", "seen/two"], Ids(workshop, WorkshopKind.Evaluation));
        Assert.Equal(["study"], Ids(workshop, WorkshopKind.Study));
        Assert.Equal(["towers", "words"], Workshop.StagesOf(Path.Combine(root, "default.work")));
        foreach (WorkshopKind kind in Enum.GetValues<WorkshopKind>())
        {
            Assert.All(workshop.Find(kind, EnglishWords.Only).Items, item => Assert.Equal(item, workshop.Get(kind, item.Id)));
            Assert.Empty(workshop.Find(kind, EnglishWords.Only).Remarks);
        }
    }

    [Fact]
    public void TheOneChangedLastComesFirst()
    {
        Write("old/log.jsonl");
        Write("new/log.jsonl");
        File.SetLastWriteTimeUtc(Path.Combine(root, "old", "log.jsonl"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        IReadOnlyList<WorkshopItem> items = new Workshop(root).Find(WorkshopKind.Training, EnglishWords.Only).Items;
        Assert.Equal(["new", "old"], items.Select(item => item.Name));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), items[1].ChangedAt);
    }

    [Fact]
    public void TheWorkshopItselfMayBeADataSet()
    {
        Write("AVUIE_2/ks/test.json");
        Write("AVUIE_2/ks/log.jsonl");
        Write("run/log.jsonl");
        Workshop workshop = new(root);
        Assert.Equal([Workshop.RootId], Ids(workshop, WorkshopKind.DataSet));
        Assert.Equal(Path.GetFileName(root), workshop.Get(WorkshopKind.DataSet, Workshop.RootId)?.Name);
        Assert.Equal(["run"], Ids(workshop, WorkshopKind.Training));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../secret")]
    [InlineData("run/../../secret")]
    [InlineData("run/")]
    [InlineData("/run")]
    [InlineData("run//")]
    [InlineData("./run")]
    [InlineData("~/run")]
    [InlineData("run\0")]
    [InlineData("..\\secret")]
    [InlineData("link")]
    [InlineData("link/run")]
    [InlineData("inside")]
    [InlineData(".hidden")]
    [InlineData("a/b/c/d/e")]
    [InlineData("default.work/towers")]
    [InlineData("none")]
    public void AnIdLeadsNowhereElse(string id)
    {
        string secret = root + "-secret";
        try
        {
            foreach (string run in new[] { "run", ".hidden", "a/b/c/d/e", "default.work/towers" })
            {
                Write($"{run}/log.jsonl");
            }

            Directory.CreateDirectory(Path.Combine(secret, "run"));
            File.WriteAllText(Path.Combine(secret, "log.jsonl"), "");
            File.WriteAllText(Path.Combine(secret, "run", "log.jsonl"), "");
            Directory.CreateSymbolicLink(Path.Combine(root, "link"), secret);
            Directory.CreateSymbolicLink(Path.Combine(root, "inside"), Path.Combine(root, "run"));
            Workshop workshop = new(root);
            Assert.NotNull(workshop.Get(WorkshopKind.Training, "run"));
            Assert.Null(workshop.Get(WorkshopKind.Training, id));
            Assert.Null(workshop.Get(WorkshopKind.Training, Path.Combine(secret, "run")));
            Assert.Equal(["default.work", "run"], Ids(workshop, WorkshopKind.Training));
        }
        finally
        {
            Directory.Delete(secret, recursive: true);
        }
    }

    [Fact]
    public void AnAddressKeepsEveryName()
    {
        Write("a b/50% & more?/log.jsonl");
        WorkshopItem item = new Workshop(root).Find(WorkshopKind.Training, EnglishWords.Only).Items.Single();
        Assert.Equal("a%20b/50%25%20%26%20more%3F", item.Address);
        Assert.Equal(item.Id, string.Join('/', item.Address.Split('/').Select(Uri.UnescapeDataString)));
    }

    [Fact]
    public void ASearchEndsAfterItsFoldersAndSaysSo()
    {
        for (int i = 0; i < Workshop.MostFolders; i++)
        {
            Directory.CreateDirectory(Path.Combine(root, $"{i:d5}"));
        }

        Write("zzz/log.jsonl");
        WorkshopFindings findings = new Workshop(root).Find(WorkshopKind.Training, EnglishWords.Only);
        Assert.Empty(findings.Items);
        Assert.Contains("2000", findings.Remarks.Single());
    }

    [Fact]
    public void AFolderThatIsNotThereHoldsNothing()
    {
        Workshop workshop = new(root);
        Assert.False(workshop.Exists);
        Assert.Empty(workshop.Find(WorkshopKind.DataSet, EnglishWords.Only).Items);
        Assert.Null(workshop.Get(WorkshopKind.DataSet, Workshop.RootId));
    }

    private static IEnumerable<string> Ids(Workshop workshop, WorkshopKind kind) => workshop.Find(kind, EnglishWords.Only).Items.Select(item => item.Id).Order(StringComparer.Ordinal);

    private void Write(string file)
    {
        string path = Path.Combine(root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
    }
}

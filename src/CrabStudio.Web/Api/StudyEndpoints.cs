using CrabStudio.Tasks.Reports;
using CrabStudio.Web.Services;

namespace CrabStudio.Web.Api;

/// <summary>Studies over HTTP.</summary>
public static class StudyEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapStudies(this RouteGroupBuilder api)
    {
        RouteGroupBuilder studies = api.MapGroup("/studies").WithTags("Studies");
        foreach ((string file, string type) in new[] { (StudyReport.PageName, "text/html"), (StudyReport.FileName, "application/json") })
        {
            studies.MapGet("/{id}/" + file, (string id, StudyShelf shelf) =>
                {
                    ShelvedStudy study = shelf.Find(EvaluationEndpoints.Plain(id)) ?? throw new UnknownItemException("study", EvaluationEndpoints.Plain(id));
                    string path = Path.Combine(study.Item.Path, file);

                    // As an attachment: whatever stands in a file of the workshop, no browser shows it as a page of the studio.
                    return File.Exists(path)
                        ? Results.File(path, type, $"{study.Item.Name}-{file}")
                        : ApiProblems.Of(StatusCodes.Status404NotFound, $"{study.Item.Name} holds no {file}.");
                })
                .WithSummary($"{file} of a transfer study of the workshop, as a download. A slash in an id is written as %2F.")
                .Produces(StatusCodes.Status200OK, contentType: type)
                .ProducesProblem(StatusCodes.Status404NotFound);
        }
    }

    /// <summary>The address of a study's file.</summary>
    public static string Address(string id, string file) => $"/api/studies/{Uri.EscapeDataString(id)}/{file}";
}
